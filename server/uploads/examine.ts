import { examine } from '@custodia/edge/uploads/examine.ts'
import { lookApart, usualBounds } from '@custodia/edge/uploads/look-apart.ts'
import type { Uploads } from './api.ts'
import type { Parts } from './parts.ts'

/** Each is a process beside this one, and a file in memory. */
const mostAtOnce = 2

type Needs = Pick<Parts, 'scan'> & { readonly context: { readonly config: { readonly scanner: string } } }

/** Files that others hold while they wait to hear of them. */
export function examiner(parts: Needs): Uploads['examine'] {
  const waiting: (() => void)[] = []
  let underWay = 0

  async function enter(): Promise<void> {
    if (underWay < mostAtOnce) underWay += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  /** Whoever waits takes the place over. */
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) underWay -= 1
    else next()
  }

  return async (read, name, policy, stop) => {
    const { context, scan } = parts
    if (scan === null && context.config.scanner === 'clamd') return { verdict: 'unsure', why: 'unset' }
    await enter()
    try {
      if (stop.aborted) return { verdict: 'unsure', why: 'stopped' }
      const bytes = await read()
      const examined = await examine(bytes, () => lookApart({ bytes, name, policy }, usualBounds, stop), scan)
      return stop.aborted ? { verdict: 'unsure', why: 'stopped' } : examined
    } finally {
      leave()
    }
  }
}
