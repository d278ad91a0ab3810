import type { Still } from './still.ts'
import { requireSize, unfit } from './still.ts'

type Chunk = { readonly type: string; readonly body: Buffer; readonly whole: Buffer }
type Size = { readonly width: number; readonly height: number }

/** Parts that say something about the picture and draw nothing. */
const asides: ReadonlySet<string> = new Set(['ICCP', 'EXIF', 'XMP '])
const alphaFlag = 0x10

/**
 * Keeps of a WebP what draws it (RFC 9649): one picture and its transparency. Exif, XMP and profiles are gone.
 *
 * @throws Refusal IDENTITY_LOGO_UNFIT where it is no WebP, moves, is damaged, says two sizes, or goes on after its end.
 */
export function cleanWebp(bytes: Buffer): Still {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP')
    throw unfit('is no WebP')
  // §2.4: the size leaves out the first eight bytes.
  if (bytes.readUInt32LE(4) + 8 !== bytes.length) throw unfit('is cut off, or goes on after its end')
  const parts = readChunks(bytes).filter(({ type }) => !asides.has(type))
  const [extended, alpha, picture] =
    parts[0]?.type === 'VP8X'
      ? parts[1]?.type === 'ALPH'
        ? [parts[0], parts[1], parts[2]]
        : [parts[0], null, parts[1]]
      : [null, null, parts[0]]
  const kept = [extended, alpha, picture].filter((chunk) => chunk !== null && chunk !== undefined)
  // Frames of an animation (ANIM, ANMF), a second picture, a part nobody knows.
  if (picture === undefined || kept.length !== parts.length) throw unfit('moves, or has parts that are unknown')
  const size = readSize(picture)
  requireSize(size.width, size.height)
  if (alpha !== null && picture.type !== 'VP8 ') throw unfit('has its parts in the wrong order')
  if (extended === null) return { bytes: riff([picture.whole]), ...size }
  const head = readExtended(extended.body, size)
  return { bytes: riff([head, ...kept.slice(1).map(({ whole }) => whole)]), ...size }
}

function readChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 12; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw unfit('is cut off')
    const length = bytes.readUInt32LE(at + 4)
    // §2.3: an odd one is followed by a byte of zero.
    const end = at + 8 + length + (length % 2)
    if (end > bytes.length || (length % 2 === 1 && bytes[end - 1] !== 0)) throw unfit('is cut off or damaged')
    const type = bytes.toString('latin1', at, at + 4)
    chunks.push({ type, body: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, end) })
    at = end
  }
  return chunks
}

function readSize({ type, body }: Chunk): Size {
  // RFC 6386 §9.1: a key frame, its start code, 14 bits each and two for scaling.
  if (type === 'VP8 ' && body.length > 10 && ((body[0] as number) & 1) === 0 && body.readUIntBE(3, 3) === 0x9d012a)
    return { width: body.readUInt16LE(6) & 0x3fff, height: body.readUInt16LE(8) & 0x3fff }
  // RFC 9649 §3.4: a signature, then 14 bits each of what is one less, one for transparency, three for the version.
  if (type === 'VP8L' && body.length > 5 && body[0] === 0x2f && (body[4] as number) >> 5 === 0) {
    const bits = body.readUInt32LE(1)
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
  }
  throw unfit('is damaged')
}

/** §2.7: the canvas, which for a still picture is the picture. Of the flags only transparency is left. */
function readExtended(body: Buffer, { width, height }: Size): Buffer {
  if (body.length !== 10 || body.readUIntLE(4, 3) + 1 !== width || body.readUIntLE(7, 3) + 1 !== height)
    throw unfit('says two sizes')
  const chunk = Buffer.alloc(18)
  chunk.write('VP8X', 'latin1')
  chunk.writeUInt32LE(10, 4)
  chunk[8] = (body[0] as number) & alphaFlag
  body.copy(chunk, 12, 4)
  return chunk
}

function riff(chunks: readonly Buffer[]): Buffer {
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1')
  const whole = Buffer.concat([head, ...chunks])
  whole.writeUInt32LE(whole.length - 8, 4)
  return whole
}
