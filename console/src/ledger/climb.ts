import { inclusionRanges, nodeHash } from '@custodia/wire/ledger/merkle.ts'

/** One level of the way from a leaf to the root. */
export type Rung = {
  /** The hash that came from below, and on which side of the pair it stands. */
  readonly hash: Uint8Array
  readonly side: 'left' | 'right'
  readonly sibling: Uint8Array
  /** The entries under the sibling. */
  readonly first: number
  readonly last: number
  /** SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1. */
  readonly parent: Uint8Array
}

/**
 * Walks the inclusion path and keeps every hash on the way, to be shown. It judges nothing: `verifyInclusion` does.
 *
 * @returns null where the path is not as long as the tree's size asks for.
 */
export async function climb(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Promise<readonly Rung[] | null> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null
  const ranges = inclusionRanges(index, size)
  if (ranges.length !== path.length) return null
  const rungs: Rung[] = []
  let hash = leaf
  for (const [level, [start, end]] of ranges.entries()) {
    const sibling = path[level] as Uint8Array
    const side = start > index ? 'left' : 'right'
    const parent = await (side === 'left' ? nodeHash(hash, sibling) : nodeHash(sibling, hash))
    rungs.push({ hash, side, sibling, first: start, last: end - 1, parent })
    hash = parent
  }
  return rungs
}
