import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FormPart } from './part-head.ts'
import { MalformedForm, partHead } from './part-head.ts'
import { boundaryOf, FormReader } from './read-form.ts'

type Read = FormPart & { readonly content: string }

/** Reads a form in pieces of so many bytes. */
function read(form: string | Buffer, piece = 1_000_000, boundary = 'x'): Read[] {
  const bytes = Buffer.from(form as string)
  const reader = new FormReader(boundary)
  const parts: { part: FormPart; content: Buffer[]; ended: boolean }[] = []
  for (let at = 0; at < bytes.length; at += piece)
    for (const event of reader.write(bytes.subarray(at, at + piece))) {
      if (event.kind === 'part') parts.push({ part: event.part, content: [], ended: false })
      else if (event.kind === 'content') parts.at(-1)?.content.push(Buffer.from(event.bytes))
      else (parts.at(-1) as { ended: boolean }).ended = true
    }
  reader.end()
  assert.ok(parts.every(({ ended }) => ended))
  return parts.map(({ part, content }) => ({ ...part, content: Buffer.concat(content).toString() }))
}

const disposition = 'Content-Disposition: form-data; name="a"'
const field = (head: string, content = 'v') => `--x\r\n${head}\r\n\r\n${content}\r\n--x--\r\n`

test('a form is read alike in pieces of any size', () => {
  const form = Buffer.from(
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nlake\r\n--\r\n-x\r\n' +
      '\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="ü%22.png"\r\nContent-Type: Image/PNG\r\n\r\n\r\n--y\r\n--x--\r\n',
  )
  const expected = [
    { name: 'title', fileName: null, mediaType: null, content: 'lake\r\n--\r\n-x\r\n' },
    { name: 'f', fileName: 'ü".png', mediaType: 'image/png', content: '\r\n--y' },
  ]
  for (let piece = 1; piece <= form.length; piece += 1) assert.deepEqual(read(form, piece), expected)
})

test('what Node writes as a form is read, and what is written here is read by Node', async () => {
  const form = new FormData()
  form.append('na"me\n', 'value')
  form.append('file', new File([Buffer.alloc(70_000, 'q')], 'Brief "für" Mira.txt', { type: 'text/plain' }))
  const request = new Request('http://localhost', { method: 'POST', body: form })
  const boundary = boundaryOf(request.headers.get('content-type') ?? '') ?? ''
  const bytes = Buffer.from(await request.arrayBuffer())
  assert.throws(() => read(bytes, 9, boundary), /name that can be kept/)
  form.delete('na"me\n')
  const other = new Request('http://localhost', { method: 'POST', body: form })
  const otherBoundary = boundaryOf(other.headers.get('content-type') ?? '') ?? ''
  const [file] = read(Buffer.from(await other.arrayBuffer()), 1_000, otherBoundary)
  assert.deepEqual([file?.fileName, file?.content.length], ['Brief "für" Mira.txt', 70_000])

  const head = partHead({ name: 'f"', fileName: 'ü"\r\n.txt', mediaType: 'text/plain' })
  const written = Buffer.concat([Buffer.from('--b\r\n'), head, Buffer.from('hi\r\n--b--\r\n')])
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const parsed = await new Response(written, { headers }).formData()
  const [[name, value]] = [...parsed] as [[string, File]]
  assert.deepEqual([name, await value.text()], ['f"', 'hi'])
})

for (const [what, form] of [
  ['something before the first part', `junk\r\n${field(disposition)}`],
  ['a line end before the first part', `\r\n${field(disposition)}`],
  ['something behind the last', `${field(disposition)}--x\r\n${disposition}\r\n\r\nv\r\n--x--\r\n`],
  ['bare line ends', field(disposition).replaceAll('\r\n', '\n')],
  ['a bare line end within a head', field(`${disposition}\nX-More: 1`)],
  ['a bare return within a head', field(`${disposition}\rX-More: 1`)],
  ['blanks behind a boundary', field(disposition).replace('--x\r\n', '--x \r\n')],
  ['a boundary within content', field(disposition, 'v\r\n--xy\r\n')],
  ['no end', field(disposition).replace('--x--\r\n', '')],
  ['half an end', field(disposition).replace('--x--\r\n', '--x-')],
  ['no part', '--x--\r\nmore'],
  ['nothing', ''],
  ['a name twice', field(`${disposition}; name="b"`)],
  ['a file name twice', field(`${disposition}; filename="a.png"; filename="a.html"`)],
  ['a file name of another standard', field(`${disposition}; filename="a.png"; filename*=UTF-8''a.html`)],
  ['that standard alone', field(`${disposition}; filename*=UTF-8''a.html`)],
  ['a name that ends in the middle', field('Content-Disposition: form-data; name="a; filename="b.html"')],
  ['an escaped quote', field(`${disposition}; filename="a\\".html"`)],
  ['a backslash', field(`${disposition}; filename="C:\\a.html"`)],
  ['no name', field('Content-Disposition: form-data')],
  ['an empty name', field('Content-Disposition: form-data; name=""')],
  ['a line end in a name', field('Content-Disposition: form-data; name="a%0d%0ab"')],
  ['a name without end', field(`Content-Disposition: form-data; name="${'a'.repeat(300)}"`)],
  ['another disposition', field('Content-Disposition: attachment; name="a"')],
  ['no disposition', field('Content-Type: text/plain')],
  ['a disposition twice', field(`${disposition}\r\n${disposition}`)],
  ['a folded line', field(`Content-Disposition: form-data;\r\n name="a"`)],
  ['a blank before the colon', field('Content-Disposition : form-data; name="a"')],
  ['an encoding', field(`${disposition}\r\nContent-Transfer-Encoding: base64`)],
  ['another header field', field(`${disposition}\r\nX-Real-Name: a`)],
  ['a type twice', field(`${disposition}\r\nContent-Type: text/plain\r\nContent-Type: text/html`)],
  ['a type that is none', field(`${disposition}\r\nContent-Type: text`)],
  ['a head that does not end', `--x\r\n${disposition}; filename="${'a'.repeat(5_000)}`],
  ['a null in a head', field('Content-Disposition: form-data; name="a\0"')],
  ['a head that is not UTF-8', Buffer.from(field(`${disposition}; filename="\xff"`), 'latin1')],
] as const)
  test(`a form with ${what} is refused, in pieces of any size`, () => {
    for (const piece of [1, 3, 1_000_000]) assert.throws(() => read(form, piece), MalformedForm)
  })

for (const type of [
  undefined,
  '',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=""',
  'multipart/form-data; boundary=a; boundary=b',
  'multipart/form-data; charset=utf-8; boundary=a',
  'multipart/form-data; boundary="a\\"b"',
  'multipart/form-data; boundary="a "',
  `multipart/form-data; boundary=${'a'.repeat(71)}`,
  'multipart/form-data; boundary=a, multipart/form-data; boundary=b',
  'multipart/mixed; boundary=a',
  'multipart/form-data; boundary*=a',
  'application/x-www-form-urlencoded',
])
  test(`no form is looked for under ${JSON.stringify(type?.slice(0, 80))}`, () => assert.equal(boundaryOf(type), null))

test('a boundary is read with and without quotes', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=----WebKitFormBoundaryA1'), '----WebKitFormBoundaryA1')
  assert.equal(boundaryOf('Multipart/Form-Data;boundary="a b"'), 'a b')
})
