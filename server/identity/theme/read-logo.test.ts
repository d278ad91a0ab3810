import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { isRefusal } from '../../platform/errors.ts'
import type { LogoType } from './read-logo.ts'
import { readLogo } from './read-logo.ts'
import { picture, png, pngChunk, riffChunk, segment, webp } from './testing.ts'

const read = (type: LogoType, bytes: Buffer) => readLogo({ type, data: bytes.toString('base64url') })
const secret = 'GPS 52.5200 N 13.4050 E'
const aside = Buffer.from(`${secret}<script>alert(1)</script>`)

/** @returns what is said to be wrong. */
function refusal(type: LogoType, bytes: Buffer): string {
  try {
    read(type, bytes)
  } catch (error) {
    assert.ok(isRefusal(error, 'IDENTITY_LOGO_UNFIT'), String(error))
    return String(error.details.detail)
  }
  return assert.fail('it was taken')
}

/** Where the first segment with one of these markers begins. */
function segmentAt(bytes: Buffer, markers: readonly number[]): number {
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2))
    if (markers.includes(bytes[at + 1] as number)) return at
  return assert.fail('there is none')
}
const splice = (bytes: Buffer, at: number, ...more: readonly Buffer[]) =>
  Buffer.concat([bytes.subarray(0, at), ...more, bytes.subarray(at)])
const changed = (bytes: Buffer, at: number, ...values: readonly number[]) => {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

const still = picture('still.jpg')
const [lossy, alpha, lossless] = [picture('lossy.webp'), picture('alpha.webp'), picture('lossless.webp')] as const
const frame = segmentAt(still, [0xc0])

test('each kind is read with its size, and cleaning what is clean changes nothing', () => {
  for (const [type, bytes] of [
    ['image/png', png()],
    ['image/png', png({ width: 512, height: 512 })],
    ['image/jpeg', still],
    ['image/webp', lossy],
    ['image/webp', alpha],
    ['image/webp', lossless],
  ] as const) {
    const logo = read(type, bytes)
    assert.deepEqual([logo.width, logo.height], bytes.length > 1_000 ? [512, 512] : [24, 16])
    assert.match(logo.hash, /^[A-Za-z0-9_-]{43}$/)
    const again = read(type, logo.bytes)
    assert.deepEqual([again.hash, again.bytes], [logo.hash, logo.bytes])
  }
})

test('what draws nothing is gone: where it was taken, by whom, with what, and whatever else was put there', () => {
  const extra = [riffChunk('EXIF', aside), riffChunk('XMP ', aside)]
  const jpeg = [0xe1, 0xe2, 0xed, 0xee, 0xef, 0xfe].map((marker) => segment(marker, aside))
  const chunks = ['tEXt', 'iTXt', 'zTXt', 'eXIf', 'tIME', 'iCCP', 'acTL', 'fdAT', 'prVt'].map((type) =>
    pngChunk(type, aside),
  )
  for (const [type, bytes] of [
    ['image/png', png({ before: chunks, after: chunks })],
    ['image/jpeg', splice(still, 2, ...jpeg)],
    ['image/jpeg', splice(still, still.length - 2, ...jpeg)],
    ['image/webp', webp(alpha.subarray(12), ...extra)],
    ['image/webp', webp(...extra, lossless.subarray(lossless.length - 44))],
  ] as const) {
    assert.ok(bytes.includes(secret))
    const logo = read(type, bytes)
    assert.equal(logo.bytes.includes(secret), false, type)
    assert.equal(logo.bytes.includes('script'), false, type)
    assert.equal(logo.bytes.includes('Google'), false, 'nor is the profile there')
    assert.deepEqual([logo.width, logo.height], [24, 16])
  }
})

test('an extended WebP says no more that it has what was taken from it', () => {
  const logo = read('image/webp', alpha)
  assert.deepEqual([logo.bytes.toString('latin1', 12, 16), logo.bytes[20]], ['VP8X', 0x10])
  assert.equal(read('image/webp', lossy).bytes[20], 0)
})

test('the marker by which RGB is told from YCbCr stays, and only as long as it is that', () => {
  const adobe = segment(0xee, Buffer.from('Adobe\0d\0\0\0\0\0', 'latin1'))
  assert.ok(read('image/jpeg', splice(still, 2, adobe)).bytes.includes('Adobe'))
  const longer = segment(0xee, Buffer.concat([adobe.subarray(4), aside]))
  assert.equal(read('image/jpeg', splice(still, 2, longer)).bytes.includes('Adobe'), false)
})

test('palettes, grey, 16 bits and interlacing are read; pixels are counted by each', () => {
  const palette = pngChunk('PLTE', Buffer.alloc(6))
  for (const [what, bytes] of [
    [
      'a palette of two colours',
      png({
        kind: [1, 3, 0, 0, 0],
        pixels: Buffer.alloc(16 * 4),
        before: [palette, pngChunk('tRNS', Buffer.alloc(2))],
      }),
    ],
    ['grey with one bit', png({ width: 9, kind: [1, 0, 0, 0, 0], pixels: Buffer.alloc(16 * 3) })],
    ['grey with alpha', png({ kind: [8, 4, 0, 0, 0], pixels: Buffer.alloc(16 * 49) })],
    ['16 bits', png({ kind: [16, 2, 0, 0, 0], pixels: Buffer.alloc(16 * 145) })],
    // 3 by 3 in Adam7: 1, 1, 2, 1 and 3 pixels a row in 1, 1, 1, 2 and 1 rows; two passes are empty.
    ['interlaced', png({ width: 3, height: 3, kind: [8, 0, 0, 0, 1], pixels: Buffer.alloc(2 + 2 + 3 + 2 * 2 + 4) })],
  ] as const)
    assert.ok(read('image/png', bytes).width > 0, what)
})

describe('refused is', () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const gif = Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1')
  const html = Buffer.from('<!doctype html><script>alert(1)</script>')
  const tooMany = Buffer.alloc(16 * 97 + 1)
  const sized = (width: number, height: number) => {
    const copy = Buffer.from(still)
    copy.writeUInt16BE(height, frame + 5)
    copy.writeUInt16BE(width, frame + 7)
    return copy
  }
  const vp8l = (width: number, height: number) => {
    const body = Buffer.alloc(8)
    body[0] = 0x2f
    body.writeUInt32LE((width - 1) | ((height - 1) << 14), 1)
    return riffChunk('VP8L', body)
  }
  const canvas = (width: number, height: number, flags = 0) => {
    const body = Buffer.alloc(10)
    body[0] = flags
    body.writeUIntLE(width - 1, 4, 3)
    body.writeUIntLE(height - 1, 7, 3)
    return riffChunk('VP8X', body)
  }
  const cases: readonly (readonly [string, LogoType, Buffer, RegExp])[] = [
    ['nothing at all, as a PNG', 'image/png', Buffer.alloc(0), /no PNG/],
    ['nothing at all, as a JPEG', 'image/jpeg', Buffer.alloc(0), /no JPEG/],
    ['nothing at all, as a WebP', 'image/webp', Buffer.alloc(0), /no WebP/],
    ['SVG', 'image/png', svg, /no PNG/],
    ['GIF', 'image/png', gif, /no PNG/],
    ['HTML', 'image/jpeg', html, /no JPEG/],
    ['a JPEG that is called a PNG', 'image/png', still, /no PNG/],
    ['a PNG that is called a WebP', 'image/webp', png(), /no WebP/],
    ['a WebP that is called a JPEG', 'image/jpeg', lossy, /no JPEG/],
    ['a page after the end of a PNG', 'image/png', Buffer.concat([png(), html]), /after its end/],
    ['a page after the end of a JPEG', 'image/jpeg', Buffer.concat([still, html]), /after its end/],
    ['a page after the end of a WebP', 'image/webp', Buffer.concat([lossy, html]), /after its end/],
    ['a second PNG after the first', 'image/png', Buffer.concat([png(), png()]), /after its end/],
    ['a second JPEG after the first', 'image/jpeg', Buffer.concat([still, still]), /after its end/],
    ['a ZIP before a PNG', 'image/png', Buffer.concat([Buffer.from('PK\x03\x04'), png()]), /no PNG/],
    ['a PNG with a wrong checksum', 'image/png', changed(png(), 20, 1), /damaged/],
    ['a PNG with two headers', 'image/png', png({ before: [png().subarray(8, 33)] }), /two headers/],
    ['a PNG without pixels', 'image/png', Buffer.concat([png().subarray(0, 33), pngChunk('IEND')]), /wrong order/],
    ['pixels in two places', 'image/png', png({ after: [pngChunk('tEXt'), pngChunk('IDAT')] }), /wrong order/],
    ['a palette behind the pixels', 'image/png', png({ after: [pngChunk('PLTE', Buffer.alloc(3))] }), /wrong order/],
    ['a palette that is longer than one', 'image/png', png({ before: [pngChunk('PLTE', Buffer.alloc(771))] }), /PLTE/],
    ['two palettes', 'image/png', png({ before: [pngChunk('PLTE'), pngChunk('PLTE')] }), /PLTE/],
    [
      'colours of a palette without one',
      'image/png',
      png({ kind: [8, 3, 0, 0, 0], pixels: Buffer.alloc(16 * 25) }),
      /palette/,
    ],
    ['a part that must be understood and is not', 'image/png', png({ before: [pngChunk('EVIL', html)] }), /unknown/],
    [
      'an end that holds something',
      'image/png',
      Buffer.concat([png().subarray(0, -12), pngChunk('IEND', html)]),
      /after its end/,
    ],
    ['a depth that there is not', 'image/png', png({ kind: [3, 6, 0, 0, 0] }), /header/],
    ['a kind of colour that every object has', 'image/png', png({ kind: [8, 5, 0, 0, 0] }), /header/],
    ['another compression', 'image/png', png({ kind: [8, 6, 1, 0, 0] }), /header/],
    ['another interlacing', 'image/png', png({ kind: [8, 6, 0, 0, 2] }), /header/],
    ['a PNG of no width', 'image/png', png({ width: 0 }), /0 by 16/],
    ['a PNG that is too wide', 'image/png', png({ width: 513 }), /513 by 16/],
    [
      'a PNG as large as numbers go',
      'image/png',
      png({ width: 0xffffffff, height: 0xffffffff, pixels: Buffer.alloc(9) }),
      /4294967295/,
    ],
    ['fewer pixels than the header names', 'image/png', png({ pixels: Buffer.alloc(9) }), /pixels/],
    ['one byte more than the header names', 'image/png', png({ pixels: tooMany }), /pixels/],
    ['a bomb: 64 MiB in a few thousand bytes', 'image/png', png({ pixels: Buffer.alloc(40_000_000) }), /pixels/],
    ['something behind the packed pixels', 'image/png', png({ after: [pngChunk('IDAT', html)] }), /pixels/],
    [
      'pixels that are not packed',
      'image/png',
      Buffer.concat([png().subarray(0, 33), pngChunk('IDAT', html), pngChunk('IEND')]),
      /pixels/,
    ],
    ['a JPEG of no height, which a later marker would tell', 'image/jpeg', sized(24, 0), /24 by 0/],
    ['a JPEG that is too high', 'image/jpeg', sized(24, 513), /24 by 513/],
    [
      'two frames of two sizes',
      'image/jpeg',
      splice(still, frame, segment(0xc0, still.subarray(frame + 4, frame + 19))),
      /more than one/,
    ],
    ['a frame of four colours', 'image/jpeg', changed(still, frame + 9, 4), /grey or RGB/],
    ['a frame of 12 bits', 'image/jpeg', changed(still, frame + 4, 12), /grey or RGB/],
    ['a lossless frame', 'image/jpeg', changed(still, frame + 1, 0xc3), /unusual/],
    ['an arithmetic one', 'image/jpeg', changed(still, frame + 1, 0xc9), /unusual/],
    ['a JPEG without a frame', 'image/jpeg', splice(still.subarray(0, 2), 2, Buffer.from([0xff, 0xd9])), /no picture/],
    ['a scan before the frame', 'image/jpeg', splice(still, 2, segment(0xda, Buffer.alloc(6))), /wrong order/],
    ['a segment of length 0', 'image/jpeg', splice(still, 2, Buffer.from([0xff, 0xe1, 0, 0])), /cut off/],
    ['a WebP that says another length', 'image/webp', changed(lossy, 4, 0xff), /cut off/],
    [
      'a WebP that moves',
      'image/webp',
      webp(canvas(24, 16, 2), riffChunk('ANIM', Buffer.alloc(6)), riffChunk('ANMF', aside)),
      /moves/,
    ],
    ['two pictures', 'image/webp', webp(vp8l(24, 16), vp8l(24, 16)), /moves/],
    ['a canvas of another size', 'image/webp', webp(canvas(25, 16), vp8l(24, 16)), /two sizes/],
    ['a canvas without a picture', 'image/webp', webp(canvas(24, 16)), /moves/],
    ['a picture before its canvas', 'image/webp', webp(vp8l(24, 16), canvas(24, 16)), /moves/],
    [
      'transparency of a picture that has its own',
      'image/webp',
      webp(canvas(24, 16, 16), riffChunk('ALPH', aside), vp8l(24, 16)),
      /order/,
    ],
    ['a WebP that is too wide', 'image/webp', webp(vp8l(513, 16)), /513 by 16/],
    ['a WebP as large as it can be', 'image/webp', webp(vp8l(16_384, 16_384)), /16384/],
    ['no WebP but a sound', 'image/webp', changed(lossy, 8, 0x57, 0x41, 0x56, 0x45), /no WebP/],
    ['a picture that is no key frame', 'image/webp', webp(riffChunk('VP8 ', Buffer.alloc(20, 1))), /damaged/],
    ['a version of tomorrow', 'image/webp', webp(riffChunk('VP8L', Buffer.from([0x2f, 0, 0, 0, 0x20, 0]))), /damaged/],
    [
      'a fill byte that is none',
      'image/webp',
      webp(Buffer.concat([riffChunk('EXIF', Buffer.alloc(1)).subarray(0, 9), Buffer.from('x')]), vp8l(24, 16)),
      /damaged/,
    ],
  ]
  for (const [what, type, bytes, why] of cases) test(what, () => assert.match(refusal(type, bytes), why))

  test('every picture that is cut off, wherever it is', () => {
    for (const [type, bytes] of [
      ['image/png', png()],
      ['image/jpeg', still],
      ['image/webp', alpha],
    ] as const)
      for (let length = 0; length < bytes.length; length++) refusal(type, bytes.subarray(0, length))
  })

  test('one byte more than 64 KiB, however it would be cleaned', () => {
    const filled = (length: number) => {
      const bare = png().length + 12
      return png({ before: [pngChunk('tEXt', Buffer.alloc(length - bare))] })
    }
    assert.equal(read('image/png', filled(65_536)).bytes.length, png().length)
    assert.match(refusal('image/png', filled(65_537)), /65537 bytes/)
  })
})

test('whatever is changed in a picture, it is refused in words or still one picture of allowed size', () => {
  for (const [type, bytes] of [
    ['image/png', png()],
    ['image/jpeg', still],
    ['image/webp', alpha],
  ] as const)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
        const bent = changed(bytes, at, value)
        for (const one of [bent, Buffer.concat([bent.subarray(0, length), bent.subarray(at)])])
          try {
            const logo = read(type, one)
            assert.ok(logo.width >= 1 && logo.width <= 512 && logo.height >= 1 && logo.height <= 512)
            assert.ok(logo.bytes.length <= one.length + 8)
          } catch (error) {
            assert.ok(isRefusal(error, 'IDENTITY_LOGO_UNFIT'), String(error))
          }
      }),
      { numRuns: 500 },
    )
})

test('two packings of the same pixels are two pictures', () => {
  const [one, other] = [png(), png({ pixels: Buffer.alloc(16 * 97) })]
  assert.equal(read('image/png', one).hash, read('image/png', other).hash)
  const packed = pngChunk('IDAT', deflateSync(Buffer.alloc(16 * 97), { level: 0 }))
  const third = Buffer.concat([one.subarray(0, 33), packed, pngChunk('IEND')])
  assert.notEqual(read('image/png', third).hash, read('image/png', one).hash)
})
