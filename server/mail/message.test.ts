import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MailMessage } from './api.ts'
import { bodyOf, maxBodyBytes, readBody } from './message.ts'
import { isMailable, parseSender } from './sender.ts'

const newMessage = (changes: Partial<MailMessage> = {}): MailMessage => ({
  organisationId: null,
  subjectId: 'usr_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  to: 'mira@example.org',
  kind: 'sign-in-code',
  subject: 'Your code',
  text: 'The code is 493 117.\n',
  ...changes,
})

const refused = (changes: Parameters<typeof newMessage>[0], what: string) =>
  assert.throws(
    () => bodyOf(newMessage(changes)),
    (error) => {
      assert.ok(error instanceof RangeError, `${what}: ${error}`)
      // Whoever logs it must not log the mail.
      assert.doesNotMatch(error.message, /evil|mira|493/, what)
      return true
    },
    what,
  )

test('a subject that could begin another header is refused', () => {
  for (const end of ['\r\n', '\n', '\r', '\0', '\v', '\f', '\x85', '\u2028', '\u2029', '\x1b[2J', '\x7f'])
    refused({ subject: `Hello${end}Bcc: evil@example.org` }, JSON.stringify(end))
})

test('an address that could begin another header, or end its brackets, is refused', () => {
  for (const to of [
    'mira@example.org\r\nBcc: evil@example.org',
    'mira@example.org\nRCPT TO:<evil@example.org>',
    'mira@example.org\0',
    'mira@example.org> SIZE=1 <evil@example.org',
    'mira@example.org evil@example.org',
    'Evil <evil@example.org>',
    'mira\u2028@example.org',
  ])
    refused({ to }, JSON.stringify(to))
})

test('a text with control characters, and what is empty or too large, is refused', () => {
  refused({ text: 'a\r\n.\r\nMAIL FROM:<evil@example.org>' }, 'carriage return')
  refused({ text: 'a\0b' }, 'null')
  refused({ text: '\x1b[31m' }, 'escape')
  refused({ subject: '' }, 'empty subject')
  refused({ subject: '   ' }, 'blank subject')
  refused({ subject: 'x'.repeat(201) }, 'long subject')
  refused({ text: 'x'.repeat(maxBodyBytes) }, 'large')
  refused({ text: 'ü'.repeat(maxBodyBytes / 2) }, 'large in bytes')
  for (const kind of ['', 'Sign-in', 'a b', '-a', 'a-', 'a\nb', `${'a'.repeat(65)}`]) refused({ kind }, `kind ${kind}`)
})

test('what is taken comes out as it went in, in any script', () => {
  const message = newMessage({
    to: 'jürgen@müller.example',
    subject: 'Ваш код 🗝️ ‏מפתח',
    text: 'Grüße,\n\t日本語\n.\n..\n',
  })
  const { to, subject, text } = message
  assert.deepEqual(readBody(Buffer.from(bodyOf(message))), { to, subject, text })
  assert.equal(readBody(Buffer.from(bodyOf(newMessage({ text: 'a\ud800' })))).text, 'a\ufffd')
})

test('only an address that SMTP carries as it stands is mailable', () => {
  for (const good of ['a@b', 'mira.o+x@mail.example.org', 'jürgen@müller.example', "o'hara@example.org"])
    assert.equal(isMailable(good), true, good)
  for (const bad of [
    '',
    '@example.org',
    'mira@',
    'mira',
    'a@b@c',
    'a,b@example.org',
    'a;b@example.org',
    '"a b"@example.org',
    '.a@example.org',
    'a.@example.org',
    'a..b@example.org',
    'a@example..org',
    'a@-example.org',
    'a@example.org.',
    'a@[127.0.0.1]',
    'a(x)@example.org',
    `${'a'.repeat(250)}@example.org`,
  ])
    assert.equal(isMailable(bad), false, bad)
})

test('a sender is an address, or a name with an address, and nothing else', () => {
  assert.deepEqual(parseSender('a@b.example'), { name: '', address: 'a@b.example' })
  assert.deepEqual(parseSender('Ada Ö. <a@b.example>'), { name: 'Ada Ö.', address: 'a@b.example' })
  for (const bad of ['', 'Ada', 'Ada <>', 'Ada <a@b.example', 'Ada\n<a@b.example>', 'A <a@b.example>, B <b@b.example>'])
    assert.throws(() => parseSender(bad), Error, bad)
})
