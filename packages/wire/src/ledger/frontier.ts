import { nodeHash, rootOf } from './merkle.ts'
import type { Sha256 } from './sha256.ts'

/**
 * Root of a tree from the hashes at its right edge: for each tile level, lowest first, those that no full tile covers.
 * What is left over below counts as one more hash at the end of the level above, which gives the shape of RFC 6962 §2.1.
 */
export async function rootOfEdges(edges: readonly (readonly Uint8Array[])[], sha256: Sha256): Promise<Uint8Array> {
  let below: Uint8Array | null = null
  for (const edge of edges) {
    if (edge.length === 0) continue
    below = await rootOf(below === null ? edge : [...edge, below], sha256)
  }
  return below ?? rootOf([], sha256)
}

/** A growing tree in logarithmic space: the roots of its perfect subtrees, largest first. */
export class Frontier {
  readonly #subtrees: { hash: Uint8Array; blocks: number }[] = []
  readonly #sha256: Sha256

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  /** Adds the root of one more full block of 256 leaves. */
  async push(block: Uint8Array): Promise<void> {
    let added = { hash: block, blocks: 1 }
    for (let last = this.#subtrees.at(-1); last?.blocks === added.blocks; last = this.#subtrees.at(-1)) {
      added = { hash: await nodeHash(last.hash, added.hash, this.#sha256), blocks: added.blocks * 2 }
      this.#subtrees.pop()
    }
    this.#subtrees.push(added)
  }

  /** Root of the tree of all blocks and, after them, these leaf hashes. */
  async rootWith(leaves: readonly Uint8Array[]): Promise<Uint8Array> {
    const parts = this.#subtrees.map(({ hash }) => hash)
    if (leaves.length > 0 || parts.length === 0) parts.push(await rootOf(leaves, this.#sha256))
    let root = parts.pop() as Uint8Array
    for (let left = parts.pop(); left !== undefined; left = parts.pop()) root = await nodeHash(left, root, this.#sha256)
    return root
  }
}
