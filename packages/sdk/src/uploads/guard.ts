import { parseClamdAddress, scanWithClamd } from '@custodia/edge/uploads/clamd.ts'
import { examine } from '@custodia/edge/uploads/examine.ts'
import type { RefusalReason } from '@custodia/edge/uploads/finding.ts'
import type { KindName } from '@custodia/edge/uploads/kinds.ts'
import { kinds } from '@custodia/edge/uploads/kinds.ts'
import { lookApart, usualBounds } from '@custodia/edge/uploads/look-apart.ts'
import type { UploadPolicy } from '@custodia/edge/uploads/policy.ts'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import { CustodiaError } from '../errors.ts'

export { attachment } from '@custodia/edge/uploads/content-disposition.ts'
export { downloadHeaders } from '@custodia/edge/uploads/download-headers.ts'
export { safeFileName } from '@custodia/edge/uploads/file-name.ts'
export type { Taken, TakenFile, UploadIntake, UploadIntakeOptions } from './intake.ts'
export { createUploadIntake } from './intake.ts'

export type UploadGuardOptions = {
  /** Where `clamd` listens, as `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`; null says that nothing scans. */
  readonly clamd: string | null
  /** What differs from the usual policy: 25 MiB, images, PDF, text, Office documents, archives. */
  readonly policy?: Partial<UploadPolicy>
  /** 30 unless said. */
  readonly lookSeconds?: number
  /** 60 unless said. */
  readonly scanSeconds?: number
}

export type Examined =
  | {
      readonly verdict: 'taken'
      /** Safe for a disk, a header and a page. */
      readonly name: string
      readonly mediaType: string
      readonly flags: readonly ('active' | 'formula')[]
      /** What is to be kept: of an image not what was sent, but what was made of its pixels. */
      readonly content: Uint8Array
    }
  | { readonly verdict: 'refused'; readonly reason: RefusalReason | 'malware' }
  /** The scanner gave no answer: keep it where nobody reads it, and ask again. */
  | { readonly verdict: 'unsure'; readonly why: string }

export type UploadGuard = {
  /**
   * Whatever lies in the file, nothing is thrown. At most a few at once: each takes a process and its memory for a moment.
   *
   * @param stop ends it; the file is then `unsure`.
   */
  examine(content: Uint8Array, name: string, stop?: AbortSignal): Promise<Examined>
}

/**
 * What Custodia does with files, for an application that keeps its own. Needs the packages `sharp`, `file-type` and `yauzl`.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`.
 */
export function createUploadGuard(options: UploadGuardOptions): UploadGuard {
  const policy: UploadPolicy = { ...usualPolicy, ...options.policy }
  for (const kind of policy.kinds as readonly string[]) if (!Object.hasOwn(kinds, kind)) throw wrong('policy.kinds')
  const clamd = options.clamd === null ? null : addressOf(options.clamd)
  const scan = clamd === null ? null : (bytes: Uint8Array) => scanWithClamd(bytes, clamd, options.scanSeconds ?? 60)
  const bounds = { ...usualBounds, timeoutSeconds: options.lookSeconds ?? usualBounds.timeoutSeconds }
  return {
    async examine(content, given, stop) {
      if (stop?.aborted) return stopped
      const look = () => lookApart({ bytes: content, name: given, policy }, bounds, stop)
      const found = await examine(content, look, scan)
      // Whoever ends it says nothing about the file.
      if (stop?.aborted) return stopped
      if (found.verdict === 'refused') return { verdict: 'refused', reason: found.reason }
      if (found.verdict === 'unsure') return found
      const { remade, ...taken } = found
      return { ...taken, content: remade ?? content }
    },
  }
}

export type { KindName, UploadPolicy }

const stopped: Examined = { verdict: 'unsure', why: 'stopped' }

const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })

function addressOf(text: string) {
  try {
    return parseClamdAddress(text)
  } catch {
    throw wrong('clamd')
  }
}
