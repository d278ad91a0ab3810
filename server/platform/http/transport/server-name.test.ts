import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { maxHelloBytes, serverNameIn } from './server-name.ts'

/** The first message of a real client. */
async function hello(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername })
  socket.on('error', () => {})
  const [peer] = await once(server, 'connection')
  let bytes: Buffer = Buffer.alloc(0)
  while (serverNameIn(bytes) === undefined) bytes = Buffer.concat([bytes, (await once(peer, 'data'))[0] as Buffer])
  peer.destroy()
  socket.destroy()
  server.close()
  return bytes
}

test('the name is found, in lower case, and not before all of the message is there', async () => {
  const bytes = await hello('Inbox.Example.ORG')
  assert.equal(serverNameIn(bytes), 'inbox.example.org')
  for (let length = 0; length < bytes.length; length++) assert.equal(serverNameIn(bytes.subarray(0, length)), undefined)
  assert.equal(serverNameIn(Buffer.concat([bytes, Buffer.from('more')])), 'inbox.example.org')
})

test('a message in several records is one', async () => {
  const bytes = await hello('inbox.example.org')
  for (const size of [1, 3, 100, 1_000]) {
    const records: Buffer[] = []
    for (let at = 5; at < bytes.length; at += size) {
      const part = bytes.subarray(at, at + size)
      records.push(Buffer.of(0x16, 3, 1, part.length >> 8, part.length & 255), part)
    }
    const all = Buffer.concat(records)
    assert.equal(serverNameIn(all), 'inbox.example.org')
    assert.equal(serverNameIn(all.subarray(0, all.length - 1)), undefined)
  }
})

test('a message in records of a byte each that comes one after another is no work: it is put together once', () => {
  const records = Array.from({ length: 2_700 }, (_, i) => [0x16, 3, 1, 0, 1, [1, 0, 0x3f][i] ?? 0])
  const all = Buffer.from(records.flat())
  const before = performance.now()
  for (let length = 6; length <= all.length; length += 6) assert.equal(serverNameIn(all.subarray(0, length)), undefined)
  assert.ok(performance.now() - before < 5_000)
})

test('who asks for no name, or says something else, names nobody', async () => {
  assert.equal(serverNameIn(await hello('')), null)
  for (const text of [
    'GET / HTTP/1.1\r\n',
    '\x15\x03\x01\x00\x02\x02\x28',
    '\x16\x02\x00\x00\x10',
    '\x16\x03\x01\x00\x00',
  ])
    assert.equal(serverNameIn(Buffer.from(text, 'latin1')), null, JSON.stringify(text))
  const endless = Buffer.from([0x16, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])
  assert.equal(serverNameIn(endless), null)
  assert.equal(serverNameIn(Buffer.of(0x16, 3, 1, 0, 4, 1, 0, maxHelloBytes >> 8, 0xff)), null)
})

test('whatever comes, it is a name, nothing, or not enough', async () => {
  const bytes = await hello('inbox.example.org')
  const answers = (read: unknown) => read === null || read === undefined || typeof read === 'string'
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const changed = Buffer.from(bytes)
      changed[at] = value
      return answers(serverNameIn(changed))
    }),
    { numRuns: 2_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (some) => answers(serverNameIn(Buffer.from(some)))))
})
