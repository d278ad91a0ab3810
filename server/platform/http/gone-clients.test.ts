import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { caller } from '../../../tools/demo/call.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { openHttpServer } from './testing.ts'

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
