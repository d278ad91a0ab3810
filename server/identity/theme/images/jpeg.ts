import type { Still } from './still.ts'
import { requireSize, unfit } from './still.ts'

// Markers of ITU-T T.81, table B.1, by their second byte.
const startOfImage = 0xd8
const endOfImage = 0xd9
const startOfScan = 0xda
const adobe = 0xee
/** Quantisation and Huffman tables, and the restart interval. */
const tables: ReadonlySet<number> = new Set([0xdb, 0xc4, 0xdd])
/** Baseline, extended sequential and progressive: what browsers draw. */
const frames: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2])

const isComment = (marker: number) => marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)

/**
 * Keeps of a JPEG what draws it: tables, one frame, its scans. Exif (which may say where and by whom it was taken), profiles, previews and
 * comments are gone.
 *
 * @throws Refusal IDENTITY_LOGO_UNFIT where it is no JPEG, is damaged or cut off, or goes on after its end.
 */
export function cleanJpeg(bytes: Buffer): Still {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage || bytes[2] !== 0xff) throw unfit('is no JPEG')
  const kept: Buffer[] = [bytes.subarray(0, 2)]
  let size: { width: number; height: number } | null = null
  let scans = 0
  for (let at = 2; ; ) {
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === undefined) throw unfit('is cut off or damaged')
    if (marker === endOfImage) {
      if (size === null || scans === 0) throw unfit('holds no picture')
      if (at + 2 !== bytes.length) throw unfit('goes on after its end')
      return { bytes: Buffer.concat([...kept, bytes.subarray(at)]), ...size }
    }
    const segment = segmentAt(bytes, at)
    let end = at + segment.length
    if (frames.has(marker)) {
      // More than one belongs to other kinds of JPEG, and could say two sizes.
      if (size !== null) throw unfit('holds more than one picture')
      size = readFrame(segment)
    } else if (marker === startOfScan) {
      if (size === null) throw unfit('has its parts in the wrong order')
      scans += 1
      end = endOfScan(bytes, end)
    } else if (!tables.has(marker) && !isComment(marker)) throw unfit('is of an unusual kind')
    // Without Adobe's marker, three colours are taken for YCbCr although they may be RGB.
    if (!isComment(marker) || isAdobe(marker, segment)) kept.push(bytes.subarray(at, end))
    at = end
  }
}

/** A marker with its length and what it holds. */
function segmentAt(bytes: Buffer, at: number): Buffer {
  if (at + 4 > bytes.length) throw unfit('is cut off')
  const length = bytes.readUInt16BE(at + 2)
  if (length < 2 || at + 2 + length > bytes.length) throw unfit('is cut off')
  return bytes.subarray(at, at + 2 + length)
}

/** T.81 §B.2.2, with the 8 bits a sample and the grey or three colours of pictures for screens. */
function readFrame(segment: Buffer): { width: number; height: number } {
  const components = segment[9]
  if (
    segment.length < 10 ||
    segment[4] !== 8 ||
    (components !== 1 && components !== 3) ||
    segment.length !== 10 + 3 * components
  )
    throw unfit('is not in grey or RGB with 8 bits')
  const [height, width] = [segment.readUInt16BE(5), segment.readUInt16BE(7)]
  requireSize(width, height)
  return { width, height }
}

/** T.81 §B.1.1.5: in coded data, FF is followed by 00 or by a restart marker; anything else ends it. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue
    const next = bytes[at + 1] as number
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return at
  }
  throw unfit('is cut off')
}

/** The whole of it is twelve bytes; a longer one carries something else. */
const isAdobe = (marker: number, segment: Buffer) =>
  marker === adobe && segment.length === 16 && segment.toString('latin1', 4, 9) === 'Adobe'
