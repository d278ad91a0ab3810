import { crc32, inflateSync } from 'node:zlib'
import type { Still } from './still.ts'
import { requireSize, unfit } from './still.ts'

const signature = Buffer.from('89504e470d0a1a0a', 'hex')

type Chunk = { readonly type: string; readonly body: Buffer; readonly whole: Buffer }
type Header = { width: number; height: number; depth: number; colour: number; interlaced: boolean }

/** Samples of a pixel and the depths that they may have, by colour type (PNG third edition §11.2.1). */
const colours: Readonly<Record<number, { readonly samples: number; readonly depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
}

/**
 * Keeps of a PNG what draws it: header, palette, transparency, pixels. Texts, times, profiles, the further frames of an animation and
 * everything that this does not know are gone.
 *
 * @throws Refusal IDENTITY_LOGO_UNFIT where it is no PNG, is damaged, goes on after its end, or has more or fewer pixels than it says.
 */
export function cleanPng(bytes: Buffer): Still {
  if (!bytes.subarray(0, 8).equals(signature)) throw unfit('is no PNG')
  const [first, ...chunks] = readChunks(bytes)
  if (first?.type !== 'IHDR') throw unfit('does not begin with its header')
  const header = readHeader(first.body)
  const data = chunks.filter(({ type }) => type === 'IDAT')
  const palette = one(chunks, 'PLTE', 768)
  const transparency = one(chunks, 'tRNS', 256)
  // §5.6: all of the pixels together, and what they are read by before them.
  const from = chunks.indexOf(data[0] as Chunk)
  const apart = chunks.slice(from, from + data.length).some(({ type }) => type !== 'IDAT')
  const late = [palette, transparency].some((chunk) => chunk !== null && chunks.indexOf(chunk) > from)
  if (data.length === 0 || apart || late) throw unfit('has its parts in the wrong order')
  if (header.colour === 3 && palette === null) throw unfit('has no palette')
  requireWholePixels(Buffer.concat(data.map(({ body }) => body)), header)
  const kept = [first, palette, transparency, ...data, chunks.at(-1) as Chunk].filter((chunk) => chunk !== null)
  const { width, height } = header
  return { bytes: Buffer.concat([signature, ...kept.map(({ whole }) => whole)]), width, height }
}

/** All chunks up to IEND, which is where the file has to end. */
function readChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw unfit('is cut off')
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw unfit('is cut off')
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) throw unfit('is damaged')
    const chunk = { type, body: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) }
    // §5.4: a capital first letter says that it can't be drawn without it.
    if (/^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))
      throw unfit('has parts that are unknown')
    if (type === 'IHDR' && chunks.length > 0) throw unfit('has two headers')
    chunks.push(chunk)
    at = end
    if (type !== 'IEND') continue
    if (chunk.body.length > 0 || at !== bytes.length) throw unfit('goes on after its end')
    return chunks
  }
}

function one(chunks: readonly Chunk[], type: string, most: number): Chunk | null {
  const found = chunks.filter((chunk) => chunk.type === type)
  if (found.length > 1 || (found[0]?.body.length ?? 0) > most)
    throw unfit(`has more than one ${type}, or too long a one`)
  return found[0] ?? null
}

function readHeader(body: Buffer): Header {
  if (body.length !== 13) throw unfit('has a damaged header')
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)]
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = body.subarray(8)
  requireSize(width, height)
  if (colours[colour]?.depths.includes(depth) !== true || compression !== 0 || filter !== 0 || interlace > 1)
    throw unfit('has a damaged header')
  return { width, height, depth, colour, interlaced: interlace === 1 }
}

/** Unpacks the pixels, never more of them than the header says, to see that it says the truth and that nothing hides behind them. */
function requireWholePixels(packed: Buffer, header: Header): void {
  const length = pixelBytes(header)
  try {
    // The types of Node leave out what `info` changes about the result.
    const { buffer, engine } = inflateSync(packed, { maxOutputLength: length, info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    if (buffer.length === length && engine.bytesWritten === packed.length) return
  } catch {
    // Damaged, cut off or longer than it says: it is all the same.
  }
  throw unfit('does not hold the pixels that its header names')
}

/** First column, first row, and the steps between them, of each pass of Adam7 (§8.1). */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

function pixelBytes({ width, height, depth, colour, interlaced }: Header): number {
  const bits = depth * (colours[colour]?.samples ?? 0)
  const passes = interlaced ? adam7 : ([[0, 0, 1, 1]] as const)
  return passes.reduce((sum, [x, y, acrossStep, downStep]) => {
    const across = Math.ceil((width - x) / acrossStep)
    const down = Math.ceil((height - y) / downStep)
    // Each row begins with the byte that names its filter.
    return across <= 0 || down <= 0 ? sum : sum + down * (1 + Math.ceil((across * bits) / 8))
  }, 0)
}
