import type { Scan } from './clamd.ts'
import type { Finding, Flag, RefusalReason } from './finding.ts'

/** What is said of a file whose content somebody else keeps. */
export type Examined =
  | {
      readonly verdict: 'taken'
      /** Safe for a disk, a header and a page. */
      readonly name: string
      readonly mediaType: string
      readonly flags: readonly Flag[]
      /** What an image has become, made anew from its pixels; null where it is kept as it was sent. */
      readonly remade: Uint8Array | null
    }
  | { readonly verdict: 'refused'; readonly reason: RefusalReason | 'malware'; readonly signature: string | null }
  /** The scanner gave no answer. */
  | { readonly verdict: 'unsure'; readonly why: string }

/**
 * Looks at a file and has it scanned: the same for whoever asks.
 *
 * @param scan null where nothing scans, and that is wanted. What was sent is scanned, and not what was made of it.
 */
export async function examine(
  content: Uint8Array,
  look: () => Promise<Finding>,
  scan: ((content: Uint8Array) => Promise<Scan>) | null,
): Promise<Examined> {
  const found = await look()
  if (!found.taken) return { verdict: 'refused', reason: found.reason, signature: null }
  const scanned = scan === null ? null : await scan(content)
  if (scanned?.verdict === 'found') return { verdict: 'refused', reason: 'malware', signature: scanned.signature }
  if (scanned?.verdict === 'unsure') return { verdict: 'unsure', why: scanned.why }
  const { name, mediaType, flags, remade } = found
  return { verdict: 'taken', name, mediaType, flags, remade }
}
