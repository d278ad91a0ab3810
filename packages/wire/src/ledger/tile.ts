import { FormatError } from './format-error.ts'
import { hashLength } from './sha256.ts'

/** Hashes, or entries, in one full tile (C2SP tlog-tiles). */
export const tileWidth = 256

/** Longest entry that a bundle can carry: its length stands in 16 bits. */
export const maxEntryLength = 65_535

/** One tile: level 0 holds leaf hashes, level L one hash for each 256 of the level below; `entries` the entries. */
export type TileName = { readonly level: number | 'entries'; readonly index: number; readonly width: number }

/** As in `tile/0/x001/234.p/17`: the path of a tile below the log's address. */
export function formatTilePath({ level, index, width }: TileName): string {
  const digits = String(index)
  const groups = digits
    .padStart(Math.ceil(digits.length / 3) * 3, '0')
    .match(/\d{3}/g)
    ?.map((group, i, all) => (i < all.length - 1 ? `x${group}` : group))
  return `tile/${level}/${groups?.join('/')}${width === tileWidth ? '' : `.p/${width}`}`
}

/** Reads what `formatTilePath` writes, and nothing else. @throws FormatError */
export function parseTilePath(path: string): TileName {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (match === null) throw new FormatError('not the path of a tile')
  const [, level = '', groups = '', width = String(tileWidth)] = match
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: Number(width),
  }
  const sound = Number.isSafeInteger(name.index) && name.width > 0 && (level === 'entries' || Number(level) < 64)
  // One tile has one path: written back it must be the same.
  if (!sound || formatTilePath(name) !== path) throw new FormatError('not the path of a tile')
  return name
}

/** How many hashes the level holds in a tree of this size: only whole groups of 256 have one above. */
export function levelSize(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level)
}

/** Takes a tile apart. @throws FormatError where it is not `width` hashes long. */
export function splitTile(tile: Uint8Array, width: number): Uint8Array[] {
  if (tile.length !== width * hashLength) throw new FormatError('a tile of the wrong length')
  return Array.from({ length: width }, (_, i) => tile.subarray(i * hashLength, (i + 1) * hashLength))
}

/** Each entry after its length in two bytes, big-endian. @throws FormatError where an entry is too long for that. */
export function formatBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0))
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > maxEntryLength) throw new FormatError('an entry that is too long')
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/** Takes a bundle apart. @throws FormatError where an entry is cut off or there are more than 256. */
export function splitBundle(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at < bundle.length; ) {
    if (entries.length === tileWidth || at + 2 > bundle.length) throw new FormatError('not an entry bundle')
    const end = at + 2 + view.getUint16(at)
    if (end > bundle.length) throw new FormatError('an entry that is cut off')
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return entries
}
