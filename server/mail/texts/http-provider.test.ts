import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { secureServer } from '../../platform/outbound/testing.ts'
import type { HttpProviderOptions } from './http-provider.ts'
import { httpProvider } from './http-provider.ts'

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }

const seen: Seen[] = []
let answer: (response: ServerResponse) => void
let server: Awaited<ReturnType<typeof secureServer>>
const listener: RequestListener = async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
  answer(response)
}
before(async () => {
  server = await secureServer(listener)
})
after(() => server.close())
beforeEach(() => {
  seen.length = 0
  answer = (response) => void response.writeHead(201).end('{}')
})

const secret = 'Bearer 5ecre7-of-the-provider'
const provider = (changes: Partial<HttpProviderOptions> = {}) =>
  httpProvider({
    url: `https://localhost:${server.port}/v1/messages?account=7`,
    header: { name: 'authorization', value: secret },
    encoding: 'json',
    fields: { to: '{to}', text: '{text}' },
    allowPrivate: true,
    ...changes,
  })
const message = { id: 'msg_1', to: '+4915123456789', text: 'Your code: 4931 1700\n{to} "x" &=ü' }
const never = new AbortController().signal
const answered = async (status: number, headers = {}) => {
  answer = (response) => void response.writeHead(status, headers).end()
  return await provider().send(message, never)
}

test('one POST carries number and text as JSON, with the secret in its header', async () => {
  assert.equal(await provider().send(message, never), null)
  const [{ method, url, headers, body }] = seen as [Seen]
  assert.deepEqual([method, url], ['POST', '/v1/messages?account=7'])
  assert.equal(headers.authorization, secret)
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
  assert.deepEqual(JSON.parse(body), { to: message.to, text: message.text })
})

test('a provider that wants a form gets one, its own names, a sender and digits without plus', async () => {
  const fields = { To: '{digits}', From: 'Northwind {x}', Body: '{text}' }
  assert.equal(await provider({ encoding: 'form', fields, header: null }).send(message, never), null)
  const [{ headers, body }] = seen as [Seen]
  assert.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(headers.authorization, undefined)
  const form = Object.fromEntries(new URLSearchParams(body))
  assert.deepEqual(form, { To: '4915123456789', From: 'Northwind {x}', Body: message.text })
})

test('any 2xx is taken, however long its body, which is not read', async () => {
  for (const status of [200, 202, 204]) assert.equal(await answered(status), null, String(status))
  answer = (response) => {
    response.writeHead(200)
    const fill = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', fill)
    fill()
  }
  assert.equal(await provider().send(message, never), null)
})

test('what the provider will never take is permanent', async () => {
  for (const status of [400, 404, 410, 413, 422])
    assert.deepEqual(await answered(status), { code: 'refused', permanent: true }, String(status))
})

test('what may pass is not: too many, too early, its own faults, and a secret that we can mend', async () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504])
    assert.deepEqual(await answered(status), { code: 'deferred', permanent: false }, String(status))
  for (const status of [401, 403])
    assert.deepEqual(await answered(status), { code: 'sign-in', permanent: false }, String(status))
})

test('a redirect is not followed, least of all with the secret', async () => {
  for (const status of [301, 302, 307, 308]) {
    const location = `https://localhost:${server.port}/elsewhere`
    assert.deepEqual(await answered(status, { location }), { code: 'protocol', permanent: false }, String(status))
  }
  assert.ok(seen.every(({ url }) => url.startsWith('/v1/messages')))
})

test('who is silent is given up in time, and at once where the process stops', async () => {
  answer = () => {}
  assert.deepEqual(await provider({ deadlineMs: 150 }).send(message, never), { code: 'timeout', permanent: false })
  const stop = new AbortController()
  answer = () => stop.abort()
  assert.deepEqual(await provider().send(message, stop.signal), { code: 'timeout', permanent: false })
  assert.deepEqual(await provider().send(message, stop.signal), { code: 'timeout', permanent: false })
})

test('who hangs up, is not there or lies on a private network unasked is unreachable', async () => {
  answer = (response) => void response.socket?.destroy()
  const away = { code: 'unreachable', permanent: false }
  assert.deepEqual(await provider().send(message, never), away)
  seen.length = 0
  assert.deepEqual(await provider({ allowPrivate: false }).send(message, never), away)
  assert.deepEqual(await provider({ url: 'https://127.0.0.1:1/' }).send(message, never), away)
  assert.deepEqual(await provider({ url: `http://localhost:${server.port}/` }).send(message, never), away)
  assert.equal(seen.length, 0)
})
