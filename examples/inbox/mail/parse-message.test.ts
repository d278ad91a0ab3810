import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { limits } from './limits.ts'
import { parseMessage } from './parse-message.ts'
import { decodeUtf7, decodeUtf7Words } from './utf-7.ts'

const parse = (lines: readonly string[]) => parseMessage(Buffer.from(lines.join('\r\n')))
async function message(lines: readonly string[]) {
  const parsed = await parse(lines)
  assert.ok('message' in parsed)
  return parsed.message
}
const nested = (levels: number) => [
  'From: loop@example.net',
  ...Array.from({ length: levels }, (_, level) => [
    `Content-Type: multipart/mixed; boundary=b${level}x`,
    '',
    `--b${level}x`,
  ]).flat(),
  'Content-Type: text/plain',
  '',
  'deep',
]

describe('a message', () => {
  it('is read with its people, its time and its text', async () => {
    const read = await message([
      'From: "Lind, Mara" <mara@brightwater.example>',
      'To: Crew: Jonas <jonas@brightwater.example>, ingrid@brightwater.example;',
      'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
      'Date: Fri, 20 Nov 2026 16:31:00 +0100',
      '',
      'Hello',
    ])
    assert.equal(read.from, 'Lind, Mara <mara@brightwater.example>')
    assert.equal(read.to, 'Crew: Jonas <jonas@brightwater.example>, ingrid@brightwater.example')
    assert.equal(read.subject, 'Grüße')
    assert.equal(read.sentMs, Date.UTC(2026, 10, 20, 15, 31))
    assert.equal(read.text?.trim(), 'Hello')
  })

  it('takes its time from the newest Received line where its own is none', async () => {
    const { sentMs, date } = await message([
      'Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000',
      'Received: from c by a; Fri, 20 Nov 2026 09:00:00 +0000',
      'Date: soon',
      '',
      'x',
    ])
    assert.equal(sentMs, Date.UTC(2026, 10, 20, 10))
    assert.equal(date, 'soon')
    assert.equal((await message(['From: a@example.org', '', 'x'])).sentMs, null)
  })

  it('is shown as it came where its parts can not be told apart', async () => {
    const { text } = await message(['From: a@example.org', 'Content-Type: multipart/mixed', '', 'still here'])
    assert.equal(text, 'still here')
  })

  it('may be in UTF-7, which hides no markup from what comes after', async () => {
    const html = await message(['Subject: x', 'Content-Type: text/html; charset="UTF-7"', '', '+ADw-script+AD4-'])
    assert.match(html.html ?? '', /<script>/)
    assert.equal(decodeUtf7('1 +- 1, Hi Mom -+Jjo--!'), '1 + 1, Hi Mom -☺-!')
    assert.equal(decodeUtf7('+2D0-'), '\ufffd')
    assert.equal(decodeUtf7Words('plain'), null)
  })
})

describe('a message that can not be read', () => {
  it('is told from one that can by its header', async () => {
    for (const lines of [
      ['just a note'],
      ['Note: call back', '', 'x'],
      ['From:', 'Subject:', '', 'x'],
      [''],
      ['\u00a0From: a@example.org', '', 'x'],
    ])
      assert.deepEqual(await parse(lines), { problem: 'NO_HEADER' }, String(lines[0]))
  })

  it('is refused above each limit and read below it', async () => {
    assert.ok('message' in (await parse(nested(limits.nesting))))
    assert.deepEqual(await parse(nested(limits.nesting + 1)), { problem: 'NESTED_TOO_DEEP' })
    const long = (bytes: number) => ['From: a@example.org', `X-Long: ${'x'.repeat(bytes)}`, '', 'x']
    assert.ok('message' in (await parse(long(limits.headerBytes - 100))))
    assert.deepEqual(await parse(long(limits.headerBytes)), { problem: 'HEADER_TOO_LARGE' })
    const many = (count: number) => [
      'From: a@example.org',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...Array.from({ length: count }, () => ['--b', 'Content-Type: image/png', '', 'x']).flat(),
      '--b--',
    ]
    assert.ok('message' in (await parse(many(limits.attachments))))
    assert.deepEqual(await parse(many(limits.attachments + 1)), { problem: 'TOO_MANY_ATTACHMENTS' })
    assert.deepEqual(await parseMessage(Buffer.alloc(limits.messageBytes + 1)), {
      problem: 'TOO_LARGE',
    })
  })

  it('never makes the parser throw, whatever its bytes', async () => {
    const heads = [
      'From: a',
      'Content-Type: multipart/mixed; boundary=b',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      'Content-Type: text/plain; charset=utf-7',
      'Subject: =?utf-7?Q?+?=',
      '--b',
      '--b--',
      '',
    ]
    const line = fc.oneof(fc.constantFrom(...heads), fc.string({ unit: 'binary', maxLength: 40 }))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        const parsed = await parse(lines)
        assert.ok('message' in parsed || 'problem' in parsed)
      }),
      { numRuns: 300 },
    )
  })
})
