import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { Type } from 'typebox'
import { defineRoute } from './route.ts'
import { openHttpServer, testRoutes } from './testing.ts'

// Requests that announce no body: the HTTP server ends them at once, and nothing that follows may wait for them to end.

const common = { who: 'anyone', sensitive: false, summary: 'Test.', limit: 'write' } as const

async function start(t: TestContext) {
  const seen: unknown[] = []
  const signals: AbortSignal[] = []
  const gone = Promise.withResolvers<void>()
  const routes = [
    ...testRoutes,
    defineRoute({
      ...common,
      method: 'POST',
      path: '/any',
      rawBody: 'any',
      reply: Type.Object({ bytes: Type.Number() }),
      handle: async ({ rawBody }) => ({ bytes: Buffer.concat(await Array.fromAsync(rawBody)).length }),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      path: '/nothing',
      reply: Type.Null(),
      handle: async () => {
        seen.push('deleted')
        return null
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/wait',
      reply: Type.Null(),
      handle: async ({ signal }) => {
        signals.push(signal)
        await once(signal, 'abort')
        seen.push('left')
        return null
      },
    }),
    defineRoute({
      ...common,
      method: 'GET',
      path: '/ask-later',
      reply: Type.Null(),
      handle: async (call) => {
        seen.push('asked')
        await gone.promise
        seen.push(call.signal.aborted)
        return null
      },
    }),
  ]
  const { server, port, figure } = await openHttpServer({ routes })
  t.after(() => server.drain(0))
  const open = () => {
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    return socket
  }
  const ask = async (first: string, ...lines: string[]) => {
    const socket = open()
    socket.write(`${[`${first} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`)
    let text = ''
    socket.on('data', (piece) => (text += piece))
    await once(socket, 'close')
    return text
  }
  return { ask, open, seen, signals, gone, figure }
}

test('a body that was not announced is none, whatever type it is said to have', async (t) => {
  const { ask, seen } = await start(t)
  assert.match(await ask('POST /take', 'Content-Type: application/json'), /^HTTP\/1\.1 400 [\s\S]*"field":"body"/)
  assert.match(await ask('POST /take'), /^HTTP\/1\.1 400 [\s\S]*"field":"body"/)
  assert.match(await ask('POST /any', 'Content-Type: text/plain'), /^HTTP\/1\.1 200 [\s\S]*"bytes":0/)
  assert.match(await ask('POST /any', 'Content-Type: application/json'), /^HTTP\/1\.1 (?:200|400) /)
  assert.match(await ask('POST /any'), /^HTTP\/1\.1 200 [\s\S]*"bytes":0/)
  assert.match(await ask('DELETE /nothing', 'Content-Type: application/json'), /^HTTP\/1\.1 (?:204|400) /)
  assert.match(await ask('DELETE /nothing'), /^HTTP\/1\.1 204 /)
  assert.ok(seen.length > 0)
})

test('what is for no route is refused before a body is read', async (t) => {
  const { ask } = await start(t)
  assert.match(await ask('POST /nowhere', 'Content-Type: application/json'), /^HTTP\/1\.1 404 [\s\S]*ROUTE_UNKNOWN/)
  assert.match(await ask('PUT /take', 'Content-Type: application/json'), /^HTTP\/1\.1 405 [\s\S]*METHOD_NOT_ALLOWED/)
  const announced = ['Content-Type: application/json', 'Content-Length: 100']
  assert.match(await ask('POST /nowhere', ...announced), /^HTTP\/1\.1 404 [\s\S]*ROUTE_UNKNOWN/)
})

test('the signal of a request without a body says that its client went away', async (t) => {
  const { open, seen, signals } = await start(t)
  const socket = open()
  socket.write('GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n')
  while (signals.length === 0) await new Promise(setImmediate)
  assert.equal(signals[0]?.aborted, false)
  socket.resetAndDestroy()
  while (seen.length === 0) await new Promise(setImmediate)
  assert.deepEqual([seen, signals[0]?.aborted], [['left'], true])
})

test('a signal that is asked for once the client has gone says so at once', async (t) => {
  const { open, seen, gone, figure } = await start(t)
  const socket = open()
  socket.write('GET /ask-later HTTP/1.1\r\nHost: localhost\r\n\r\n')
  while (seen.length === 0) await new Promise(setImmediate)
  socket.resetAndDestroy()
  while ((await figure('custodia_http_connections')) > 0) await new Promise(setImmediate)
  gone.resolve()
  while (seen.length === 1) await new Promise(setImmediate)
  assert.deepEqual(seen, ['asked', true])
})
