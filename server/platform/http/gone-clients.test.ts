import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Type } from 'typebox'
import { caller } from '../../../tools/demo/call.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { defineRoute, Reply } from './route.ts'
import { openHttpServer, testRoutes } from './testing.ts'

test('clients that go away in the middle of what they send are no faults: a stranger could fill the log with them', async () => {
  const { log, lines } = keepingLog()
  const { server, port } = await openHttpServer({ log })
  const head = 'POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n'
  const leave = (afterMs: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.write(`${head}{"text":`, () => setTimeout(() => socket.resetAndDestroy(), afterMs))
    })
  await Promise.all(Array.from({ length: 200 }, (_, i) => leave(i % 4 === 0 ? 50 : 0)))
  assert.equal((await caller(port, 'localhost')('GET', '/small')).status, 200)
  await server.drain(0)
  assert.deepEqual(
    lines.filter(({ level }) => level === 'error'),
    [],
  )
})

test('a stream whose reader went away before its first byte is ended, and no fault; one that fails is', async (t) => {
  const { log, lines } = keepingLog()
  const streams: Readable[] = []
  const stream = (path: string, read: (this: Readable) => void) =>
    defineRoute({
      method: 'GET',
      path,
      who: 'anyone',
      sensitive: false,
      summary: 'Test.',
      limit: 'read',
      reply: Type.Unknown(),
      replyType: 'text/plain',
      handle: async () => {
        const body = new Readable({ read })
        streams.push(body)
        return new Reply(200, body)
      },
    })
  const failing = stream('/fails', function () {
    this.destroy(new Error('broken'))
  })
  const { server, port } = await openHttpServer({ log, routes: [...testRoutes, stream('/silent', () => {}), failing] })
  t.after(() => server.drain(0))
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /silent HTTP/1.1\r\nHost: localhost\r\n\r\n')
  while (streams.length === 0) await new Promise(setImmediate)
  socket.resetAndDestroy()
  while (streams[0]?.closed !== true) await new Promise(setImmediate)
  assert.equal((await caller(port, 'localhost')('GET', '/fails')).status, 500)
  assert.deepEqual(
    lines.filter(({ level }) => level === 'error').map(({ fields }) => (fields as { route?: string }).route),
    ['/fails'],
  )
})
