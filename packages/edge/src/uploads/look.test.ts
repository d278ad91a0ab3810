import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Finding } from './finding.ts'
import { look } from './look.ts'
import { usualPolicy } from './policy.ts'
import { makeZip } from './testing.ts'

const sample = (path: string) => readFileSync(new URL(`samples/${path}`, import.meta.url))
const lookAt = (bytes: Uint8Array, name: string, changes: Partial<typeof usualPolicy> = {}) =>
  look(bytes, name, { ...usualPolicy, ...changes })
const refusal = async (bytes: Uint8Array, name: string, changes: Partial<typeof usualPolicy> = {}) =>
  reasonOf(await lookAt(bytes, name, changes))
const reasonOf = (finding: Finding) => (finding.taken ? null : finding.reason)
const withSvg = { kinds: [...usualPolicy.kinds, 'svg' as const] }

/** What each sample comes to under the usual policy: a reason, or the kind and its flags. */
const samples: Readonly<Record<string, string>> = {
  // Scanners are not asked here: it is text.
  'eicar-reversed.txt': 'text',
  'svg/script.svg': 'kind-not-allowed',
  'svg/onload.svg': 'kind-not-allowed',
  'svg/benign.svg': 'kind-not-allowed',
  'archives/slip-dotdot.zip': 'archive-path',
  'archives/slip-absolute.zip': 'archive-path',
  'archives/slip.tar': 'archive-path',
  'archives/benign.zip': 'zip',
  'archives/bomb-10mb.zip': 'archive-ratio',
  'images/benign.png': 'png remade',
  'images/gif-js-polyglot.gif': 'gif remade',
  'documents/js.pdf': 'pdf active',
  'documents/formula.csv': 'csv formula',
  'file-names.json': 'json',
}

test('every sample comes to what it must', async () => {
  const expected = JSON.parse(sample('expected.json').toString()) as { file: string }[]
  assert.deepEqual(expected.map(({ file }) => file).sort(), Object.keys(samples).sort())
  for (const [path, outcome] of Object.entries(samples)) {
    const finding = await lookAt(sample(path), path)
    const said = finding.taken
      ? [finding.kind, ...finding.flags, ...(finding.remade === null ? [] : ['remade'])].join(' ')
      : finding.reason
    assert.equal(said, outcome, path)
  }
})

test('an SVG that is allowed becomes a picture: nothing of it can run', async () => {
  for (const path of ['svg/benign.svg', 'svg/script.svg']) {
    const finding = await lookAt(sample(path), path, withSvg)
    assert.ok(finding.taken && finding.remade !== null)
    assert.equal(finding.mediaType, 'image/png')
    assert.match(finding.name, /\.png$/)
    assert.equal((await sharp(finding.remade).metadata()).format, 'png')
  }
  const bomb =
    '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">&a;</svg>'
  assert.equal(await refusal(Buffer.from(bomb), 'a.svg', withSvg), 'text-active')
  const huge = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>'
  assert.match((await refusal(Buffer.from(huge), 'a.svg', withSvg)) ?? '', /^image-/)
})

test('an SVG reads no file of this machine while it is drawn', async () => {
  const drawn = async (inner: string) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">${inner}</svg>`
    const finding = await lookAt(Buffer.from(svg), 'a.svg', withSvg)
    assert.ok(finding.taken && finding.remade !== null)
    return (await sharp(finding.remade).raw().toBuffer()).toString('hex')
  }
  const file = new URL('samples/images/benign.png', import.meta.url).href
  assert.equal(await drawn(`<image xlink:href="${file}" width="9" height="9"/>`), await drawn(''))
})

test('a name and a content that say different things are refused, whichever lies', async () => {
  const png = sample('images/benign.png')
  for (const name of ['a.jpg', 'a.pdf', 'a.zip', 'a.txt', 'a.csv']) assert.ok((await refusal(png, name)) !== null, name)
  assert.equal(await refusal(sample('archives/benign.zip'), 'a.docx'), 'content-mismatch')
  assert.equal(await refusal(Buffer.from('just text'), 'a.png'), 'content-unknown')
  assert.equal(await refusal(Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), 'a.txt'), 'content-mismatch')
  assert.equal(await refusal(Buffer.from('%PDF-1.4\n%%EOF'), 'a.txt'), 'content-mismatch')
})

test('names without an ending that is known, and names that mislead, are refused', async () => {
  const jpeg = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer()
  for (const name of [
    'photo.jpg.exe',
    'photo.jpg\0.exe',
    'photo',
    'shell.pHp5',
    '.htaccess',
    'web.config',
    'a.html',
    'a.xhtml',
  ])
    assert.equal(await refusal(jpeg, name), 'extension-unknown', name)
  assert.equal(await refusal(jpeg, '\u202e'), 'name-unusable')
  const finding = await lookAt(jpeg, '../x/shell.php.jpg')
  assert.ok(finding.taken)
  assert.equal(finding.name, 'shell_php.jpg')
})

test('empty, too large, and what the policy does not name', async () => {
  assert.equal(await refusal(Buffer.alloc(0), 'a.txt'), 'empty')
  assert.equal(await refusal(Buffer.from('abc'), 'a.txt', { maxBytes: 2 }), 'too-large')
  assert.equal(await refusal(Buffer.from('abc'), 'a.txt', { kinds: ['png'] }), 'kind-not-allowed')
})

test('text is text: UTF-8 without control characters, and no page', async () => {
  for (const good of ['plain', '\ufeffwith a mark', 'a < b, <c> in the middle', 'BM is how this line begins'])
    assert.equal(await refusal(Buffer.from(good), 'a.txt'), null, good)
  for (const bad of [
    Buffer.from([0xff, 0xfe, 0x41, 0]),
    Buffer.from('a\0b'),
    Buffer.from('a\x1b[2J'),
    Buffer.from([0xc0, 0xaf]),
  ])
    assert.ok((await refusal(bad, 'a.txt')) !== null)
  const pages = [
    '<!DOCTYPE html><p>',
    '  \n<script>alert(1)</script>',
    '<SVG onload=alert(1)>',
    '<!-- x --><html>',
    '<?xml version="1.0"?><svg/>',
    '<?php system($_GET[0]);',
    '<iframe src=x>',
  ]
  for (const page of pages) assert.equal(await refusal(Buffer.from(page), 'a.txt'), 'text-active', page)
  assert.equal(await refusal(Buffer.from('{"a":'), 'a.json'), 'content-mismatch')
  assert.equal(await refusal(Buffer.from('['.repeat(1_000_000)), 'a.json'), 'content-mismatch')
})

test('a table with a formula is said to have one; signed numbers are none', async () => {
  const flags = async (text: string) => {
    const finding = await lookAt(Buffer.from(text), 'a.csv')
    return finding.taken ? finding.flags : finding.reason
  }
  for (const one of ['=1+1', 'a,=1', 'a;"=cmd|x"', 'a,@SUM(1)', 'a,+cmd', 'x,-2+3|cmd'])
    assert.deepEqual(await flags(one), ['formula'], one)
  for (const one of ['a,b', '-1,+2.5,-3e10', 'a=b', 'x@example.org']) assert.deepEqual(await flags(one), [], one)
})

test('a PDF that acts is said to, however it hides it', async () => {
  const pdf = (body: string | Buffer) =>
    Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(body as string), Buffer.from('\n%%EOF\n')])
  const flags = async (bytes: Buffer) => {
    const finding = await lookAt(bytes, 'a.pdf')
    return finding.taken ? finding.flags : finding.reason
  }
  assert.deepEqual(await flags(pdf('1 0 obj<</Type/Catalog>>endobj')), [])
  assert.deepEqual(await flags(pdf('1 0 obj<</J#61vaScript (x)>>endobj')), ['active'])
  const hidden = deflateSync(Buffer.from('<</OpenAction<</S/JavaScript>>>>'))
  const stream = (packed: Buffer) =>
    Buffer.concat([Buffer.from('<</Type/ObjStm>>stream\n'), packed, Buffer.from('\nendstream')])
  assert.deepEqual(await flags(pdf(stream(hidden))), ['active'])
  assert.deepEqual(await flags(pdf(stream(Buffer.from('no zlib')))), ['active'])
  assert.deepEqual(await flags(pdf(stream(deflateSync(Buffer.from('<</Type/Page>>'))))), [])
  assert.equal(await flags(Buffer.concat([Buffer.from('<html>'), pdf('x')])), 'content-unknown')
  assert.equal(await flags(Buffer.concat([pdf('x'), Buffer.alloc(5_000)])), 'document-broken')
})

test('a document with macros is refused', async () => {
  const types =
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
  const parts = [
    { name: '[Content_Types].xml', content: Buffer.from(types) },
    { name: 'word/document.xml', content: Buffer.from('<w:document/>') },
  ]
  assert.equal(await refusal(makeZip(parts), 'a.docx'), null)
  const macros = { name: 'word/vbaProject.bin', content: Buffer.from('x') }
  assert.equal(await refusal(makeZip([...parts, macros]), 'a.docx'), 'document-macros')
})

test('an image is made anew: nothing but its pixels is left, turned as it should be', async () => {
  const exif = { IFD0: { Copyright: 'somebody', ImageDescription: 'X'.repeat(60_000) } }
  const jpeg = await sharp({ create: { width: 8, height: 4, channels: 3, background: 'red' } })
    .withExif(exif)
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const polyglot = Buffer.concat([
    jpeg,
    Buffer.from('<script>alert(1)</script>'),
    makeZip([{ name: 'a', content: Buffer.from('b') }]),
  ])
  const finding = await lookAt(polyglot, 'a.jpg')
  assert.ok(finding.taken && finding.remade !== null)
  const made = Buffer.from(finding.remade)
  const { exif: left, xmp, icc, width, height } = await sharp(made).metadata()
  assert.deepEqual([left, xmp, icc, width, height], [undefined, undefined, undefined, 4, 8])
  for (const trace of ['somebody', 'XXXX', 'script', 'PK\x03'])
    assert.equal(made.includes(Buffer.from(trace, 'latin1')), false, trace)
})

test('an animation stays one, and has only so many frames', async () => {
  const frames = await Promise.all(
    ['red', 'blue', 'green'].map((background) =>
      sharp({ create: { width: 4, height: 4, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer()
  const finding = await lookAt(gif, 'a.gif')
  assert.ok(finding.taken && finding.remade !== null)
  assert.equal((await sharp(finding.remade, { animated: true }).metadata()).pages, 3)
  const image = { ...usualPolicy.image, maxFrames: 2 }
  assert.equal(await refusal(gif, 'a.gif', { image }), 'image-too-large')
  assert.equal(await refusal(gif, 'a.gif', { image: { ...usualPolicy.image, maxPixels: 47 } }), 'image-too-large')
})

test('a truncated or damaged image is refused', async () => {
  const noise = Buffer.alloc(64 * 64 * 3, 1).map((_, i) => (i * 7_919) % 251)
  const raw = { raw: { width: 64, height: 64, channels: 3 as const } }
  const jpeg = await sharp(noise, raw).jpeg().toBuffer()
  const png = await sharp(noise, raw).png().toBuffer()
  for (const part of [0.3, 0.6, 0.9]) {
    assert.equal(await refusal(jpeg.subarray(0, jpeg.length * part), 'a.jpg'), 'image-broken')
    assert.equal(await refusal(png.subarray(0, png.length * part), 'a.png'), 'image-broken')
  }
})

test('an image of a billion pixels is refused by what its header says', async () => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc32(body), body.length + 4)
    return out
  }
  const head = Buffer.from([0, 0, 0x9c, 0x40, 0, 0, 0x9c, 0x40, 8, 0, 0, 0, 0])
  const bomb = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    chunk('IEND', Buffer.alloc(0)),
  ])
  const before = process.memoryUsage().rss
  assert.equal(await refusal(bomb, 'a.png'), 'image-too-large')
  assert.ok(process.memoryUsage().rss - before < 100_000_000)
  const small = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const text = deflateSync(Buffer.alloc(60_000_000))
  const bloated = Buffer.concat([
    small.subarray(0, 33),
    chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), text])),
    small.subarray(33),
  ])
  const finding = await lookAt(bloated, 'a.png')
  assert.ok(!finding.taken || (finding.remade?.length ?? 0) < 1_000)
})
