import { hash } from 'node:crypto'
import { rootOfEdges } from '../../packages/wire/src/ledger/frontier.ts'
import { nodeHash, rootOf } from '../../packages/wire/src/ledger/merkle.ts'
import { levelSize, tileWidth } from '../../packages/wire/src/ledger/tile.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Leaf, Node, NodeRange } from './store.ts'
import { readNodes } from './store.ts'

/** SHA-256 without a promise: the sequencer makes thousands. */
export const sha256 = (message: Uint8Array): Uint8Array => hash('sha256', message, 'buffer')

/** The hashes that no full tile covers, one range a level, lowest first. */
export function edgeRanges(size: number): NodeRange[] {
  const ranges: NodeRange[] = []
  for (let level = 0; level === 0 || levelSize(size, level) > 0; level++) {
    const to = levelSize(size, level)
    ranges.push({ level, from: to - (to % tileWidth), to })
  }
  return ranges
}

/**
 * Adds leaves to a tree of which only the right edge is known.
 *
 * @param edges the hashes of `edgeRanges(size)`.
 * @returns the nodes to store and the root of the larger tree.
 */
export async function grow(
  size: number,
  edges: readonly (readonly Uint8Array[])[],
  leaves: readonly Leaf[],
): Promise<{ nodes: Node[]; root: Uint8Array }> {
  const growing = edges.map((edge) => [...edge])
  const nodes: Node[] = []
  for (const [i, leaf] of leaves.entries()) {
    let node: Node = { level: 0, index: size + i, hash: leaf.hash, entry: leaf.id }
    for (;;) {
      nodes.push(node)
      growing[node.level] ??= []
      const edge = growing[node.level] as Uint8Array[]
      edge.push(node.hash)
      if (edge.length < tileWidth) break
      const above = await rootOf(edge, sha256)
      growing[node.level] = []
      node = { level: node.level + 1, index: Math.floor(node.index / tileWidth), hash: above, entry: null }
    }
  }
  return { nodes, root: await rootOfEdges(growing, sha256) }
}

/**
 * Hashes of ranges of leaves that RFC 6962 proofs are made of.
 *
 * @throws Error where a node is missing that the tree must have.
 */
export async function hashRanges(
  queries: Queries,
  ranges: readonly (readonly [start: number, end: number])[],
): Promise<Uint8Array[]> {
  const parts = ranges.map(([start, end]) => perfectParts(start, end))
  const nodes = await readNodes(queries, parts.flat())
  const hashes: Uint8Array[] = []
  let next = 0
  for (const part of parts) {
    const roots = []
    for (const { level, from, to } of part) {
      const found = nodes[next++] ?? []
      if (found.length !== to - from)
        throw new Error(`the ledger lacks hashes of level ${level} from ${from} to ${to - 1}`)
      roots.push(await rootOf(found, sha256))
    }
    // Each part is perfect and larger than the next: they join from the right.
    let root = roots.pop() as Uint8Array
    for (let left = roots.pop(); left !== undefined; left = roots.pop()) root = await nodeHash(left, root, sha256)
    hashes.push(root)
  }
  return hashes
}

/** Cuts a range into perfect subtrees, and says of which stored hashes each is the root. */
function perfectParts(start: number, end: number): NodeRange[] {
  const parts: NodeRange[] = []
  for (let at = start; at < end; ) {
    let width = 1
    while (at % (width * 2) === 0 && at + width * 2 <= end) width *= 2
    let level = 0
    let each = 1
    while (each * tileWidth <= width) {
      each *= tileWidth
      level++
    }
    parts.push({ level, from: at / each, to: (at + width) / each })
    at += width
  }
  return parts
}
