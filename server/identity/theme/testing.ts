import { readFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'

/** A picture as a browser wrote it; see `vectors/README.md`. */
export const picture = (name: string): Buffer => readFileSync(new URL(`vectors/${name}`, import.meta.url))

/** One chunk of a PNG, with its checksum. */
export function pngChunk(type: string, body: Buffer = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const chunk = Buffer.alloc(8 + named.length)
  chunk.writeUInt32BE(body.length)
  named.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(named), 4 + named.length)
  return chunk
}

export type PngOptions = {
  readonly width?: number
  readonly height?: number
  /** The five bytes after the size: depth, kind of colour, compression, filter, interlacing. */
  readonly kind?: readonly number[]
  /** Unpacked pixels; as many as the size asks for where nothing is said. */
  readonly pixels?: Buffer
  /** Between header and pixels, and between pixels and end. */
  readonly before?: readonly Buffer[]
  readonly after?: readonly Buffer[]
}

/** A picture of one colour in RGBA, unless said otherwise. */
export function png(options: PngOptions = {}): Buffer {
  const { width = 24, height = 16, kind = [8, 6, 0, 0, 0], before = [], after = [] } = options
  const pixels = options.pixels ?? Buffer.alloc(height * (1 + width * 4))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width)
  header.writeUInt32BE(height, 4)
  Buffer.from(kind).copy(header, 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    ...before,
    pngChunk('IDAT', deflateSync(pixels)),
    ...after,
    pngChunk('IEND'),
  ])
}

/** A segment of a JPEG. */
export function segment(marker: number, body: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

/** A chunk of a RIFF file, filled up to an even length. */
export function riffChunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

export function webp(...chunks: readonly Buffer[]): Buffer {
  const whole = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), ...chunks])
  whole.writeUInt32LE(whole.length - 8, 4)
  return whole
}
