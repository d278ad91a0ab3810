import { readFileSync, statSync } from 'node:fs'
import type { Log } from '../../platform/telemetry/log.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { BreachedFilter } from './breached-filter.ts'
import { readBreachedFilter } from './breached-filter.ts'
import type { Listed } from './policy.ts'
import type { RangeService } from './range-service.ts'

/** Passwords that everybody guesses first. */
export type Breached = {
  /** Looks into the list that comes with the server and into the operator's. */
  readonly listed: Listed
  /**
   * Asks the range service, where one is configured.
   *
   * @returns false also where it does not answer: the lists have decided then, and a metric counts it.
   */
  leaked(password: string): Promise<boolean>
}

const maxFilterBytes = 256 * 1_048_576
const embedded = readBreachedFilter(readFileSync(new URL('common-passwords.filter', import.meta.url)))

/**
 * @param file a filter of the operator's own, as `custodia passwords build-filter` makes it; null where there is none.
 * @throws Error naming the setting and the file, where that file can't be used.
 */
export function openBreached(needs: {
  readonly file: string | null
  readonly range: RangeService | null
  readonly metrics: Metrics
  readonly log: Log
}): Breached {
  const filters = needs.file === null ? [embedded] : [embedded, readFilterFile(needs.file)]
  const answers = needs.metrics.counter(
    'custodia_identity_breach_range_total',
    'Questions to the range service of breached passwords, by what came of them.',
    ['outcome'],
  )
  return {
    listed: (text) => filters.some((filter) => filter.has(text)),
    async leaked(password) {
      if (needs.range === null) return false
      try {
        const found = await needs.range(password)
        answers.add(1, { outcome: found ? 'listed' : 'absent' })
        return found
      } catch (error) {
        answers.add(1, { outcome: 'failed' })
        needs.log.warn({ error }, 'the range service of breached passwords did not answer: the embedded list decides')
        return false
      }
    },
  }
}

function readFilterFile(file: string): BreachedFilter {
  try {
    if (statSync(file).size > maxFilterBytes) throw new Error(`it is larger than ${maxFilterBytes} bytes`)
    return readBreachedFilter(readFileSync(file))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === undefined ? message : `it can't be read (${code})`
    throw new Error(
      `CUSTODIA_IDENTITY_BREACHED_FILTER names ${file}, and ${reason}. Make one: custodia passwords build-filter LIST OUT`,
    )
  }
}
