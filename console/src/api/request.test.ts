import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { problemOf } from './problem.ts'
import { request, withQuery } from './request.ts'

let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = createServer((request, response) => answer(request, response))
let base = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => server.close())

const failure = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => problemOf(error),
  )

test('a body goes out as JSON, and a 204 comes back as nothing', async () => {
  let seen = ''
  answer = (incoming, response) => {
    seen = String(incoming.headers['content-type'])
    incoming.resume()
    response.writeHead(204).end()
  }
  assert.equal(await request('POST', `${base}/v1/sign-out`, {}), null)
  assert.equal(seen, 'application/json')
})

test('without a body there is no content type either', async () => {
  let seen: string | undefined = 'none yet'
  answer = (incoming, response) => {
    seen = incoming.headers['content-type']
    response.writeHead(204).end()
  }
  await request('DELETE', `${base}/v1/sessions/x`)
  assert.equal(seen, undefined)
})

test('a refusal is thrown with its code and its wait', async () => {
  answer = (_, response) =>
    response
      .writeHead(429, { 'retry-after': '170' })
      .end(JSON.stringify({ code: 'LIMIT_REACHED', title: 'T', help: 'H' }))
  const problem = await failure(request('GET', `${base}/v1/me`))
  assert.deepEqual([problem.status, problem.code, problem.retryAfterSeconds], [429, 'LIMIT_REACHED', 170])
})

test('a redirect is never followed: a body must not reach another host', async () => {
  let requests = 0
  answer = (_, response) => {
    requests++
    response.writeHead(307, { location: `${base}/elsewhere` }).end()
  }
  const problem = await failure(request('POST', `${base}/v1/sign-in`, { password: 'x' }))
  assert.equal(problem.code, 'SERVER_UNREACHABLE')
  assert.equal(requests, 1)
})

test('a connection that breaks is said to be one', async () => {
  answer = (_, response) => response.destroy()
  assert.equal((await failure(request('GET', `${base}/v1/me`))).code, 'SERVER_UNREACHABLE')
})

test('what is not set does not appear in a query, and what is set is escaped', () => {
  assert.equal(withQuery('/v1/users', { search: '', cursor: null, limit: undefined }), '/v1/users')
  assert.equal(withQuery('/v1/users', { search: 'a&b=c', limit: 50 }), '/v1/users?search=a%26b%3Dc&limit=50')
})
