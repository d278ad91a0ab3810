import { formatBundle, levelSize, tileWidth } from '../../packages/wire/src/ledger/tile.ts'
import type { Queries } from '../platform/database/database.ts'
import { readBodies, readNodes } from './store.ts'

/**
 * One tile of hashes. Null where the tree of `size` entries does not have it at this width, or a hash is gone.
 */
export async function readTile(
  queries: Queries,
  size: number,
  level: number,
  index: number,
  width: number,
): Promise<Buffer | null> {
  const from = index * tileWidth
  if (from + width > levelSize(size, level)) return null
  const [hashes = []] = await readNodes(queries, [{ level, from, to: from + width }])
  return hashes.length === width ? Buffer.concat(hashes) : null
}

/**
 * One bundle of entries. Null where the tree does not reach that far. An entry that is gone stands in it with no bytes,
 * which no entry has: a verifier names exactly that one.
 */
export async function readBundle(queries: Queries, size: number, index: number, width: number): Promise<Buffer | null> {
  const from = index * tileWidth
  if (from + width > size) return null
  const entries: Uint8Array[] = Array.from({ length: width }, () => new Uint8Array())
  for (const found of await readBodies(queries, from, from + width)) {
    if (found.body !== null) entries[found.index - from] = found.body
  }
  return Buffer.from(formatBundle(entries))
}
