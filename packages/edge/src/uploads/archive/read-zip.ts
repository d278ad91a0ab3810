import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry, ZipFile } from 'yauzl'
import { NotTaken } from '../finding.ts'
import type { Budget } from './budget.ts'
import { checkPath } from './path.ts'

type Place = {
  readonly entry: Entry
  readonly path: string
  readonly start: number
  readonly dataStart: number
  readonly end: number
}

const localHeader = 0x04034b50
const endOfDirectory = Buffer.from('PK\x05\x06', 'latin1')
const encrypted = 0x1 | 0x40 | 0x2000
const hasDescriptor = 0x8
/** A data descriptor with its signature and 64-bit sizes (APPNOTE 4.3.9). */
const maxDescriptor = 24
const stored = 0
const deflated = 8

/**
 * Reads a ZIP by its directory, holds the directory to the limits, and only then unpacks, entry by entry, each held to what the directory
 * said of it. What two readers could read in two ways is refused: something before or between the entries, local headers that say
 * otherwise, two entries of one name or on the same bytes.
 *
 * @param see is given every file in it.
 * @throws NotTaken
 */
export async function readZip(
  bytes: Buffer,
  budget: Budget,
  see: (path: string, content: Buffer) => Promise<void>,
): Promise<void> {
  const places = await readDirectory(bytes, budget)
  for (const place of places) {
    if (place.path.endsWith('/')) continue
    await see(place.path, unpack(bytes, place, budget))
  }
}

async function readDirectory(bytes: Buffer, budget: Budget): Promise<readonly Place[]> {
  const { zip, entries } = await listEntries(bytes, budget)
  // Whoever reads on after the last entry must be at the end: hidden entries would stand there.
  const end = bytes.lastIndexOf(endOfDirectory)
  const after = zip.readEntryCursor as unknown as number
  if (end !== bytes.length - 22 || (after !== end && after !== end - 20 - 56)) throw new NotTaken('archive-broken')
  const places = entries.map((entry) => locate(bytes, entry)).sort((a, b) => a.start - b.start)
  const directoryStart = directoryOffset(entries, after)
  let at = 0
  for (const { start, end: stop } of places) {
    if (start < at) throw new NotTaken('archive-overlap')
    if (start - at > (at === 0 ? 0 : maxDescriptor)) throw new NotTaken('archive-broken')
    at = stop
  }
  if (at > directoryStart) throw new NotTaken('archive-overlap')
  if (directoryStart - at > maxDescriptor) throw new NotTaken('archive-broken')
  if (new Set(places.map(({ path }) => path.normalize('NFC').toLowerCase())).size < places.length)
    throw new NotTaken('archive-broken')
  const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  budget.fits(total)
  budget.ratio(bytes.length, total)
  return places
}

async function listEntries(bytes: Buffer, budget: Budget): Promise<{ zip: ZipFile; entries: readonly Entry[] }> {
  const { fromBufferPromise } = await import('yauzl')
  const entries: Entry[] = []
  try {
    // Names are read here: how they are refused is ours.
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false, autoClose: false })
    for await (const entry of zip.eachEntry()) {
      budget.entry()
      entries.push(entry)
    }
    return { zip, entries }
  } catch (error) {
    throw error instanceof NotTaken ? error : new NotTaken('archive-broken')
  }
}

const directoryOffset = (entries: readonly Entry[], end: number): number =>
  end - entries.reduce((sum, one) => sum + 46 + one.fileNameLength + one.extraFieldLength + one.fileCommentLength, 0)

/** Compares an entry with its local header, and says which bytes are its own. */
function locate(bytes: Buffer, entry: Entry): Place {
  const { relativeOffsetOfLocalHeader: start, generalPurposeBitFlag: flags, compressionMethod: method } = entry
  if ((flags & encrypted) !== 0) throw new NotTaken('archive-encrypted')
  const type = (entry.externalFileAttributes >>> 16) & 0o170000
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) throw new NotTaken('archive-link')
  if (start + 30 > bytes.length || bytes.readUInt32LE(start) !== localHeader) throw new NotTaken('archive-broken')
  const nameLength = bytes.readUInt16LE(start + 26)
  const dataStart = start + 30 + nameLength + bytes.readUInt16LE(start + 28)
  const end = dataStart + entry.compressedSize
  const name = bytes.subarray(start + 30, start + 30 + nameLength)
  const same =
    Buffer.compare(name, entry.fileNameRaw) === 0 &&
    bytes.readUInt16LE(start + 8) === method &&
    bytes.readUInt16LE(start + 6) === flags &&
    sameSize(bytes.readUInt32LE(start + 18), entry.compressedSize, flags) &&
    sameSize(bytes.readUInt32LE(start + 22), entry.uncompressedSize, flags)
  if (!same || end > bytes.length || (method !== stored && method !== deflated)) throw new NotTaken('archive-broken')
  const path = name.toString('utf8')
  checkPath(path)
  return { entry, path, start, dataStart, end }
}

/** A local header may leave its sizes to the descriptor after the data, or to a ZIP64 field (all ones), which the directory has too. */
const sameSize = (local: number, size: number, flags: number): boolean =>
  local === size || local === 0xffffffff || (local === 0 && (flags & hasDescriptor) !== 0)

function unpack(bytes: Buffer, { entry, dataStart, end }: Place, budget: Budget): Buffer {
  const { compressionMethod: method, uncompressedSize: size, crc32: sum } = entry
  budget.ratio(entry.compressedSize, size)
  budget.spend(size)
  const packed = bytes.subarray(dataStart, end)
  const content = method === stored ? packed : inflate(packed, size)
  if (content.length !== size || crc32(content) !== sum) throw new NotTaken('archive-broken')
  return content
}

/** Never gives more than the directory said. */
function inflate(packed: Buffer, size: number): Buffer {
  try {
    const options = { maxOutputLength: Math.max(1, size), info: true }
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    // Bytes behind the end of the stream are nobody's.
    if (engine.bytesWritten !== packed.length) throw new NotTaken('archive-broken')
    return buffer
  } catch {
    throw new NotTaken('archive-broken')
  }
}
