import type { Sha256 } from './sha256.ts'
import { hashLength, sameBytes, webSha256 } from './sha256.ts'

/**
 * The tree of RFC 6962 §2.1 (RFC 9162 §2.1) over SHA-256. A position is a whole number up to 2^53 − 1.
 * A range [start, end) is a *subtree* where start is a multiple of the smallest power of two that is not below its width.
 */

/** RFC 6962 §2.1: SHA-256(0x00 ‖ entry). The prefix keeps an entry from passing for a node. */
export function leafHash(entry: Uint8Array, sha256: Sha256 = webSha256): Uint8Array | Promise<Uint8Array> {
  const message = new Uint8Array(1 + entry.length)
  message.set(entry, 1)
  return sha256(message)
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(
  left: Uint8Array,
  right: Uint8Array,
  sha256: Sha256 = webSha256,
): Uint8Array | Promise<Uint8Array> {
  const message = new Uint8Array(1 + left.length + right.length)
  message[0] = 1
  message.set(left, 1)
  message.set(right, 1 + left.length)
  return sha256(message)
}

/** Root of the tree over these leaf hashes; of none it is SHA-256 of nothing. */
export async function rootOf(hashes: readonly Uint8Array[], sha256: Sha256 = webSha256): Promise<Uint8Array> {
  if (hashes.length === 0) return sha256(new Uint8Array())
  // Level by level, the last one carried up where it has no sibling: the same tree, without recursion.
  let level = hashes
  while (level.length > 1) {
    const above: (Uint8Array | Promise<Uint8Array>)[] = []
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array, sha256))
    }
    if (level.length % 2 === 1) above.push(level.at(-1) as Uint8Array)
    level = await Promise.all(above)
  }
  return level[0] as Uint8Array
}

/** The largest power of two below `size`, where the tree of that size splits (RFC 6962 §2.1). `size` is at least 2. */
export function splitOf(size: number): number {
  let k = 1
  while (k * 2 < size) k *= 2
  return k
}

/** The ranges whose hashes prove that the leaf is in the tree, in the order of RFC 6962 §2.1.1. */
export function inclusionRanges(index: number, size: number): [start: number, end: number][] {
  const ranges: [number, number][] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    ranges.push(index < middle ? [middle, end] : [start, middle])
    if (index < middle) end = middle
    else start = middle
  }
  return ranges.reverse()
}

/** The ranges whose hashes prove that the tree of size `from` (1 or more) is where that of `to` begins (§2.1.2). */
export function consistencyRanges(from: number, to: number): [start: number, end: number][] {
  const ranges: [number, number][] = []
  let start = 0
  let end = to
  while (end !== from) {
    const middle = start + splitOf(end - start)
    ranges.push(from <= middle ? [middle, end] : [start, middle])
    if (from <= middle) end = middle
    else start = middle
  }
  // What remains ends at `from`; its hash is the verifier's own root where it is all of the old tree.
  if (start > 0) ranges.push([start, end])
  return ranges.reverse()
}

export type InclusionClaim = {
  readonly index: number
  readonly size: number
  readonly leaf: Uint8Array
  readonly path: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** True where the path leads from the leaf to the root (RFC 9162 §2.1.3.2). Anything malformed is false. */
export async function verifyInclusion(claim: InclusionClaim, sha256: Sha256 = webSha256): Promise<boolean> {
  const { index, size, leaf, path, root } = claim
  if (!isPosition(index) || !isPosition(size) || index >= size) return false
  if (![leaf, root, ...path].every(isHash)) return false
  const ranges = inclusionRanges(index, size)
  if (ranges.length !== path.length) return false
  let hash = leaf
  for (const [i, [start]] of ranges.entries()) {
    const sibling = path[i] as Uint8Array
    hash = await (start > index ? nodeHash(hash, sibling, sha256) : nodeHash(sibling, hash, sha256))
  }
  return sameBytes(hash, root)
}

/** As `verifyInclusion`, in the subtree [start, end) of a larger tree. */
export async function verifySubtreeInclusion(
  claim: Omit<InclusionClaim, 'size'> & { readonly start: number; readonly end: number },
  sha256: Sha256 = webSha256,
): Promise<boolean> {
  const { start, end } = claim
  if (!isSubtree(start, end)) return false
  return verifyInclusion({ ...claim, index: claim.index - start, size: end - start }, sha256)
}

export type ConsistencyClaim = {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}

/**
 * True where the path shows that the tree of size `from` is where the tree of size `to` begins (RFC 9162 §2.1.4.2).
 * Anything malformed is false, and so is an empty `from`: every tree begins with nothing, which needs no proof.
 */
export function verifyConsistency(claim: ConsistencyClaim, sha256: Sha256 = webSha256): Promise<boolean> {
  const { from, to, fromRoot, toRoot, path } = claim
  return verifySubtreeConsistency({ start: 0, end: from, size: to, subtreeRoot: fromRoot, root: toRoot, path }, sha256)
}

export type SubtreeClaim = {
  readonly start: number
  readonly end: number
  readonly size: number
  readonly subtreeRoot: Uint8Array
  readonly root: Uint8Array
  readonly path: readonly Uint8Array[]
}

/** True where the path shows that the subtree [start, end) is part of the tree of `size`. Anything malformed is false. */
export async function verifySubtreeConsistency(claim: SubtreeClaim, sha256: Sha256 = webSha256): Promise<boolean> {
  const { start, end, size, subtreeRoot, root, path } = claim
  if (!isPosition(size) || !isSubtree(start, end) || end > size) return false
  if (!path.every(isHash)) return false
  const left = [...path]

  // Walks the recursion of RFC 6962 §2.1.2 and folds the path on the way back; the path's end belongs to the top.
  // `whole` is true while the range is all of the subtree: then its hash is the claim itself and not in the path.
  async function fold(from: number, to: number, width: number, whole: boolean): Promise<Fold | null> {
    if (from === 0 && to === width) {
      const hash = whole ? subtreeRoot : left.pop()
      return hash === undefined ? null : { subtree: hash, tree: hash }
    }
    const sibling = left.pop()
    if (sibling === undefined) return null
    const k = splitOf(width)
    if (to <= k) {
      const inner = await fold(from, to, k, whole)
      return inner && { subtree: inner.subtree, tree: await nodeHash(inner.tree, sibling, sha256) }
    }
    const across = from < k
    const inner = await fold(across ? 0 : from - k, to - k, width - k, whole && !across)
    if (inner === null) return null
    const tree = await nodeHash(sibling, inner.tree, sha256)
    return { subtree: across ? await nodeHash(sibling, inner.subtree, sha256) : inner.subtree, tree }
  }

  const folded = await fold(start, end, size, true)
  return folded !== null && left.length === 0 && sameBytes(folded.subtree, subtreeRoot) && sameBytes(folded.tree, root)
}

type Fold = { subtree: Uint8Array; tree: Uint8Array }

function isSubtree(start: number, end: number): boolean {
  if (!isPosition(start) || !isPosition(end) || start >= end) return false
  let width = 1
  while (width < end - start) width *= 2
  return start % width === 0
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === hashLength
}
