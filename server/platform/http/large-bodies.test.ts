import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Type } from 'typebox'
import { LargeBodies } from './large-bodies.ts'
import { defineRoute } from './route.ts'
import { openHttpServer } from './testing.ts'

test('large bodies together are so much and no more, and those of one network a part of it', async () => {
  const bodies = new LargeBodies(800_000, 200_000)
  const enter = (address: string, bytes: number) => {
    const body = new PassThrough()
    bodies.enter(body, address, bytes)
    return body
  }
  const one = enter('192.0.2.1', 100_000)
  enter('192.0.2.1', 100_000)
  assert.throws(() => enter('192.0.2.1', 100_000), /SERVER_BUSY/)
  for (let i = 0; i < 100; i++) enter('192.0.2.1', 65_536)
  for (let i = 2; i < 8; i++) enter(`192.0.2.${i}`, 100_000)
  assert.throws(() => enter('192.0.2.9', 100_000), /SERVER_BUSY/)
  one.destroy()
  await once(one, 'close')
  enter('192.0.2.9', 100_000)
})

test('one whose sender was gone before it was counted takes no room', async () => {
  const bodies = new LargeBodies(100_000, 100_000)
  for (const http2 of [false, true]) {
    const gone = new PassThrough()
    if (http2) Object.assign(gone, { stream: { destroyed: true } })
    else gone.destroy()
    bodies.enter(gone, '192.0.2.1', 100_000)
  }
  bodies.enter(new PassThrough(), '192.0.2.1', 100_000)
})

const route = defineRoute({
  method: 'POST',
  path: '/in',
  summary: 'Test.',
  who: 'anyone',
  limit: 'read',
  sensitive: false,
  rawBody: 'any',
  bodyLimitBytes: 1_048_576,
  reply: Type.Object({ length: Type.Number() }),
  handle: async ({ rawBody }) => ({ length: Buffer.concat(await Array.fromAsync(rawBody)).length }),
})

test('a stranger who says much and sends it slowly is refused before it is read, and another network is not', async () => {
  const { server, port } = await openHttpServer({ routes: [route] })
  const sockets: Socket[] = []
  const send = (type: string, body: string, localAddress = '127.0.0.1') =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      sockets.push(socket)
      const length = body === '' ? 1_048_576 : body.length
      socket.write(
        `POST /in HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`,
      )
      socket.on('error', () => {})
      socket.on('data', (bytes) => resolve(bytes.toString().slice(9, 12)))
    })
  const whole = '"'.padEnd(1_048_575, 'a').concat('"')
  try {
    const waiting = Array.from({ length: 16 }, (_, i) => send(i % 2 === 0 ? 'application/json' : 'text/plain', ''))
    assert.equal(await send('application/json', '{}'), '200')
    assert.equal(await send('application/json', ''), '503')
    assert.equal(await send('text/plain', ''), '503')
    assert.equal(await send('text/plain', whole, '127.0.0.2'), '200')
    assert.equal(await Promise.race([...waiting, 'all wait']), 'all wait')
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.drain(0)
  }
})
