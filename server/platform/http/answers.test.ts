import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { test } from 'node:test'
import { beginAnswer, lastAnswer } from './answers.ts'

test('the end of an answer is known, and of its connection, though its request has lost it', async (t) => {
  const seen: Socket[] = []
  const server = createServer((request, response) => {
    seen.push(request.socket)
    beginAnswer(request, response)
    if (request.url === '/lost') request.socket = null as unknown as Socket
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => {
    client.destroy()
    server.close()
  })
  for (const path of ['/', '/lost', '/']) {
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await once(client, 'data')
    await new Promise(setImmediate)
    assert.equal(lastAnswer(seen.at(-1) as Socket), 'over', path)
  }
})
