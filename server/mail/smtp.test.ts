import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { before, test } from 'node:test'
import type { SMTPServerOptions } from 'smtp-server'
import type { TestCertificate, TestSmtp } from './smtp-testing.ts'
import { headerOf, startSmtp, testCertificate, textOf } from './smtp-testing.ts'
import type { SmtpOptions } from './transport.ts'
import { smtpTransport } from './transport.ts'

// Another machine, by the name of this one: Linux and macOS connect 0.0.0.0 to loopback, and `isLoopback` does not call it that.
const elsewhere = '0.0.0.0'
const from = { name: 'Northwind Studio', address: 'accounts@northwind.example' }
const mail = {
  id: 'msg_1',
  at: new Date('2026-01-31T09:30:00Z'),
  to: 'mira@example.org',
  subject: 'Hello',
  text: 'Hi.\n',
}
const never = new AbortController().signal

let good: TestCertificate
before(async () => {
  good = await testCertificate([elsewhere, 'localhost'])
})

async function smtp(t: TestContext, options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const server = await startSmtp(options)
  t.after(() => server.close())
  return server
}

/** A server that is none. */
async function raw(t: TestContext, speak: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    speak(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const to = (url: string, more: Partial<SmtpOptions> = {}) =>
  smtpTransport({ url, from, name: 'id.example.org', ...more })
const refusing = (responseCode: number) => Object.assign(new Error('no such mira'), { responseCode })

test('a mail arrives with its headers, once, and says that a machine wrote it', async (t) => {
  const server = await smtp(t)
  assert.equal(await to(`smtp://127.0.0.1:${server.port}`).send(mail, never), null)
  assert.equal(server.received.length, 1)
  const [one] = server.received
  assert.ok(one)
  assert.equal(one.from, from.address)
  assert.deepEqual(one.to, ['mira@example.org'])
  assert.equal(headerOf(one.raw, 'From'), 'Northwind Studio <accounts@northwind.example>')
  assert.equal(headerOf(one.raw, 'To'), 'mira@example.org')
  assert.equal(headerOf(one.raw, 'Message-ID'), '<msg_1@northwind.example>')
  assert.equal(headerOf(one.raw, 'Date'), 'Sat, 31 Jan 2026 09:30:00 +0000')
  assert.equal(headerOf(one.raw, 'Auto-Submitted'), 'auto-generated')
  assert.equal(textOf(one.raw), 'Hi.\n')
})

test('every script survives, and a line with a dot ends nothing', async (t) => {
  const server = await smtp(t)
  const subject = 'Ваш код 🗝️ für Jürgen: ein Betreff, der länger ist als eine Zeile sein darf, 日本語'
  const text = 'Grüße,\n.\n..\n日本語\nFrom here on\n'
  assert.equal(await to(`smtp://127.0.0.1:${server.port}`).send({ ...mail, subject, text }, never), null)
  const one = server.received[0]?.raw ?? ''
  assert.equal(headerOf(one, 'Subject'), subject)
  assert.equal(textOf(one), text)
})

test('what looks like a list stays one address, and a file name in a text stays text', async (t) => {
  const server = await smtp(t)
  const transport = to(`smtp://127.0.0.1:${server.port}`)
  await transport.send({ ...mail, to: 'a@example.org,b@example.org' }, never)
  for (const { to } of server.received) assert.equal(to.length, 1)
  assert.equal(await transport.send({ ...mail, text: 'file:///etc/passwd\n' }, never), null)
  assert.equal(textOf(server.received.at(-1)?.raw ?? ''), 'file:///etc/passwd\n')
})

test('beyond loopback it goes by STARTTLS', async (t) => {
  const server = await smtp(t, good)
  const transport = to(`smtp://${elsewhere}:${server.port}`, { ca: [good.authority] })
  assert.equal(await transport.send(mail, never), null)
  assert.equal(server.received[0]?.secure, true)
})

test('beyond loopback a server that offers no STARTTLS gets nothing, not even the name of who writes', async (t) => {
  const server = await smtp(t, {
    onMailFrom: () => assert.fail('it was told who writes'),
  })
  const failure = await to(`smtp://${elsewhere}:${server.port}`).send(mail, never)
  assert.deepEqual(failure, { code: 'tls', permanent: false })
  assert.equal(server.received.length, 0)
})

test('a certificate of an unknown authority, or for another name, or an old TLS: nothing is sent', async (t) => {
  const other = await testCertificate(['mail.example.org'])
  const trusting = { ca: [good.authority, other.authority] }
  const attempts: readonly [string, SMTPServerOptions, Partial<SmtpOptions>][] = [
    ['smtp', good, {}],
    ['smtp', other, trusting],
    ['smtp', { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, trusting],
    ['smtps', { ...good, secure: true }, {}],
    ['smtps', { ...other, secure: true }, trusting],
    ['smtps', {}, trusting],
  ]
  for (const [scheme, options, more] of attempts) {
    const server = await smtp(t, options)
    const failure = await to(`${scheme}://${elsewhere}:${server.port}`, more).send(mail, never)
    assert.deepEqual(failure, { code: 'tls', permanent: false })
    assert.equal(server.received.length, 0)
  }
})

test('smtps is TLS from its first byte, with the name and password of the URL', async (t) => {
  const server = await smtp(t, {
    ...good,
    secure: true,
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      password === 'pass/w:rd' ? done(null, { user: username }) : done(null, {}),
  })
  const url = (password: string) => `smtps://custodia%40x:${encodeURIComponent(password)}@${elsewhere}:${server.port}`
  const ca = [good.authority]
  assert.deepEqual(await to(url('wrong'), { ca }).send(mail, never), { code: 'sign-in', permanent: false })
  assert.equal(server.received.length, 0)
  assert.equal(await to(url('pass/w:rd'), { ca }).send(mail, never), null)
  assert.equal(server.received[0]?.user, 'custodia@x')
})

test('a password is never given to a server that does not ask for one safely', async (t) => {
  let asked = 0
  const server = await smtp(t, {
    onAuth(_auth, _session, done) {
      asked += 1
      done(null, { user: 'x' })
    },
  })
  const failure = await to(`smtp://user:pass@${elsewhere}:${server.port}`).send(mail, never)
  assert.equal(failure?.code, 'tls')
  assert.equal(asked, 0)
})

test('who is refused is refused for good, and what may pass is tried again', async (t) => {
  const cases: readonly [SMTPServerOptions, { code: string; permanent: boolean }][] = [
    [{ onRcptTo: (_a, _s, done) => done(refusing(550)) }, { code: 'refused', permanent: true }],
    [{ onRcptTo: (_a, _s, done) => done(refusing(450)) }, { code: 'deferred', permanent: false }],
    [{ onMailFrom: (_a, _s, done) => done(refusing(550)) }, { code: 'sender', permanent: false }],
    [
      { onData: (s, _s, done) => s.resume().on('end', () => done(refusing(554))) },
      { code: 'refused', permanent: true },
    ],
    [
      { onData: (s, _s, done) => s.resume().on('end', () => done(refusing(451))) },
      { code: 'deferred', permanent: false },
    ],
    [
      { authOptional: false, allowInsecureAuth: true, disabledCommands: ['STARTTLS'] },
      { code: 'sender', permanent: false },
    ],
    [
      { size: 10, rejectOversized: true },
      { code: 'refused', permanent: true },
    ],
  ]
  for (const [options, expected] of cases) {
    const server = await smtp(t, options)
    assert.deepEqual(await to(`smtp://127.0.0.1:${server.port}`).send(mail, never), expected, JSON.stringify(expected))
  }
})

test('a server that is not there, hangs up, babbles or speaks something else costs a try and nothing more', async (t) => {
  const silent = await raw(t, () => {})
  const hanging = await raw(t, (socket) => socket.end())
  const wordy = await raw(t, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const endless = await raw(t, (socket) => {
    const more = () => {
      while (socket.write('x'.repeat(16_384)));
    }
    socket.on('drain', more)
    more()
  })
  // Each line resets the patience for silence; the deadline of the whole try does not care.
  const dripping = await raw(t, (socket) => {
    socket.write('220 mail.example.org\r\n')
    socket.once('data', () => {
      const timer = setInterval(() => socket.write('250-wait\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
  })
  // Whoever says something at once is given the usual time, which a busy machine needs; for the others it is made short.
  const short = { deadlineMs: 400 }
  for (const [port, code, more] of [
    [1, 'unreachable', {}],
    [hanging, 'unreachable', {}],
    [wordy, 'protocol', {}],
    [endless, 'protocol', {}],
    [silent, 'timeout', short],
    [dripping, 'timeout', short],
  ] as const) {
    const failure = await to(`smtp://127.0.0.1:${port}`, more).send(mail, never)
    assert.equal(failure?.permanent, false)
    assert.equal(failure?.code, code, `port ${port}`)
  }
})

test('who stops does not wait for a server that hangs', async (t) => {
  const connected = Promise.withResolvers<void>()
  const port = await raw(t, () => connected.resolve())
  const stopping = new AbortController()
  const sending = to(`smtp://127.0.0.1:${port}`).send(mail, stopping.signal)
  await connected.promise
  const askedMs = performance.now()
  stopping.abort()
  assert.equal((await sending)?.permanent, false)
  assert.ok(performance.now() - askedMs < 5_000)
})
