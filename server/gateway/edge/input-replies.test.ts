import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import test, { after, before } from 'node:test'
import { stringify } from 'yaml'
import type { TestGateway } from '../testing.ts'
import { openTestGateway } from '../testing.ts'
import type { AllowedInput } from './input.ts'
import { HeldReplies } from './input-replies.ts'

const content = { 'application/json': { schema: { type: 'string' } } }
const operation = { requestBody: { content }, responses: { 200: { content } } }
const folder = mkdtempSync(join(tmpdir(), 'custodia-replies-'))
const openapi = join(folder, 'slow.yaml')
writeFileSync(openapi, stringify({ openapi: '3.1.0', paths: { '/slow': { post: operation } } }))

let rig: TestGateway
before(async () => {
  rig = await openTestGateway((upstream) => ({
    slow: {
      host: 'slow.localhost',
      upstream,
      timeoutSeconds: 30,
      permissions: {},
      rules: [{ path: '/**', public: true }],
      edge: { input: { openapi, replies: 'refuse' } },
    },
  }))
})
after(async () => {
  await rig.close()
  rmSync(folder, { recursive: true })
})

test('replies to those who went away leave nothing held: whoever comes after them is answered', {
  timeout: 60_000,
}, async () => {
  // As much as is held at once, and some more, each asked for by somebody who is gone when it comes.
  const large = JSON.stringify('x'.repeat(1_000_000))
  const lines = [`Host: slow.localhost:${rig.port}`, 'Content-Type: application/json', 'Content-Length: 3']
  for (let times = 0; times < 70; times++) {
    const asked = Promise.withResolvers<() => Promise<void>>()
    rig.behave = (_request, response) =>
      asked.resolve(async () => {
        response.setHeader('content-type', 'application/json').end(large)
        await once(response, 'close')
      })
    const accepted = once(rig.server, 'connection') as Promise<[Socket]>
    const client = connect(rig.port, '127.0.0.1')
    client.write(`POST /slow HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n"a"`)
    const [theirs] = await accepted
    const answer = await asked.promise
    client.destroy()
    await once(theirs, 'close')
    await answer()
  }
  rig.behave = (_request, response) => void response.setHeader('content-type', 'application/json').end('"b"')
  const headers = { 'content-type': 'application/json' }
  const got = await rig.get('/slow', { host: 'slow.localhost', method: 'POST', headers, body: '"a"' })
  assert.deepEqual([got.status, got.body], [200, '"b"'])
})

test('nor do those who go away while a reply comes', async () => {
  const replies = new HeldReplies()
  const operation = { reply: () => ({ act: 'check', check: () => null }) }
  const allowed = { operation, unfit() {} } as unknown as AllowedInput
  const begin = () => {
    const stream = new PassThrough()
    let release = () => {}
    const seen = replies.look(
      allowed,
      { status: 200, headers: {}, stream, address: '192.0.2.1' },
      (letGo) => (release = letGo),
    )
    return { stream, seen, release: () => release() }
  }
  for (let times = 0; times < 70; times++) {
    const { stream, seen, release } = begin()
    stream.write('begin')
    await new Promise(setImmediate)
    release()
    stream.end(Buffer.alloc(1_000_000))
    await assert.rejects(seen, /nobody waits/)
  }
  const { stream, seen } = begin()
  stream.end('all')
  assert.equal((await seen).unfit, null)
})

const ask = () =>
  rig.get('/slow', {
    host: 'slow.localhost',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '"a"',
  })

test('a reply that is refused while it still comes ends the request at the application, which did not fail', async () => {
  const ended = Promise.withResolvers<void>()
  rig.behave = (_request, response) => {
    response.on('close', () => ended.resolve())
    response.setHeader('content-type', 'text/html').write('<p>')
  }
  const before = rig.said()
  const { status, body } = await ask()
  assert.deepEqual([status, JSON.parse(body).code], [502, 'GATEWAY_REPLY_UNFIT'])
  await ended.promise
  assert.doesNotMatch(rig.said().slice(before.length - 1), /the upstream failed/)
})

test('one that is broken off while it is looked at is none', async () => {
  rig.behave = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('"half')
    setImmediate(() => response.destroy())
  }
  const { status, body } = await ask()
  assert.deepEqual([status, JSON.parse(body).code], [502, 'GATEWAY_UPSTREAM_DOWN'])
})
