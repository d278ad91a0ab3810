import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseClamdAddress, scanWithClamd } from './clamd.ts'
import { startClamd } from './clamd-testing.ts'
import { eicar, makeTar, makeZip } from './testing.ts'

const skip = spawnSync('which', ['clamd']).status === 0 ? false : 'clamd is not installed'
const virus = eicar(readFileSync(new URL('samples/eicar-reversed.txt', import.meta.url), 'latin1'))

test('a real clamd finds the test file: bare, in archives, in a mail; and nothing else', { skip }, async () => {
  const clamd = await startClamd(virus)
  try {
    const scan = (bytes: Buffer) => scanWithClamd(bytes, { path: clamd.path }, 30)
    const found = { verdict: 'found', signature: 'Eicar-Test-Signature.UNOFFICIAL' }
    const zip = makeZip([{ name: 'a.txt', content: virus }])
    const mail = `From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; name=a.com\r\nContent-Disposition: attachment; filename=a.com\r\nContent-Transfer-Encoding: base64\r\n\r\n${virus.toString('base64')}\r\n--b--\r\n`
    for (const [what, bytes] of Object.entries({
      bare: virus,
      zip,
      'zip in zip': makeZip([{ name: 'b.zip', content: zip }]),
      'tar.gz': gzipSync(makeTar([{ name: 'a', content: virus }])),
      mail: Buffer.from(mail),
    }))
      assert.deepEqual(await scan(bytes), found, what)
    assert.deepEqual(await scan(Buffer.from('nothing')), { verdict: 'clean' })
    assert.deepEqual(await scan(Buffer.alloc(0)), { verdict: 'clean' })
    assert.deepEqual(await scan(Buffer.alloc(5_000_000, 'many chunks ')), { verdict: 'clean' })
    // Above its own limit it hangs up in the middle, maybe with an answer: never clean.
    assert.equal((await scan(Buffer.alloc(40_000_000, 'x'))).verdict, 'unsure')
    await clamd.stop()
    assert.deepEqual(await scan(virus), { verdict: 'unsure', why: 'unreachable' })
  } finally {
    await clamd.stop()
  }
})

/** Something that says `reply` once it has heard the whole stream, and hangs up unless told otherwise. */
async function saying(
  reply: string | null,
  use: (address: { host: string; port: number }) => Promise<void>,
  hold = false,
) {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      if (!data.subarray(-4).equals(Buffer.alloc(4)) || reply === null) return
      if (hold) socket.write(reply, 'latin1')
      else socket.end(reply, 'latin1')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await use({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

test('anything but exactly `stream: OK` is not clean', async () => {
  const bytes = Buffer.from('abc')
  await saying('stream: OK\0', async (address) =>
    assert.deepEqual(await scanWithClamd(bytes, address, 5), { verdict: 'clean' }),
  )
  for (const reply of [
    'stream: OK',
    'stream: OK\n',
    'stream: ok\0',
    'Stream: OK\0',
    ' stream: OK\0',
    'stream: OK\0\0',
    'stream: OK\0stream: X FOUND\0',
    'OK\0',
    'stream: X FOUND OK\0',
    'stream: X ERROR\0',
    'INSTREAM size limit exceeded. ERROR\0',
    '\0',
    'x'.repeat(100_000),
  ])
    await saying(reply, async (address) =>
      assert.deepEqual(
        await scanWithClamd(bytes, address, 5),
        { verdict: 'unsure', why: 'answer' },
        reply.slice(0, 40),
      ),
    )
  await saying('', async (address) => assert.equal((await scanWithClamd(bytes, address, 5)).verdict, 'unsure'))
})

test('who is slow, or says OK and does not hang up, is not believed', async () => {
  const slow = { verdict: 'unsure', why: 'too-slow' }
  await saying(null, async (address) => assert.deepEqual(await scanWithClamd(Buffer.from('a'), address, 0.1), slow))
  await saying(
    'stream: OK\0',
    async (address) => assert.deepEqual(await scanWithClamd(Buffer.from('a'), address, 0.1), slow),
    true,
  )
  const nobody = { path: '/nonexistent/clamd.sock' }
  assert.deepEqual(await scanWithClamd(Buffer.from('a'), nobody, 5), { verdict: 'unsure', why: 'unreachable' })
})

test('an address has one of two forms', () => {
  assert.deepEqual(parseClamdAddress('unix:/run/clamav/clamd.ctl'), { path: '/run/clamav/clamd.ctl' })
  assert.deepEqual(parseClamdAddress('127.0.0.1:3310'), { host: '127.0.0.1', port: 3310 })
  assert.deepEqual(parseClamdAddress('[::1]:3310'), { host: '::1', port: 3310 })
  for (const wrong of ['', 'unix:relative', '127.0.0.1', 'host:0', 'host:99999', 'tcp://x:1', 'a b:1'])
    assert.throws(() => parseClamdAddress(wrong), /neither/, wrong)
})
