import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { registerAsker } from './fresh.ts'
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

/** Refuses as long as nothing was proven. */
function sensitive(proven: () => boolean): { sent: string[] } {
  const sent: string[] = []
  answer = async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    sent.push(body)
    if (proven()) return response.writeHead(204).end()
    response.writeHead(403).end(JSON.stringify({ code: 'FRESH_FACTOR_REQUIRED', title: 'T', help: 'H' }))
  }
  return { sent }
}

test('a request that needs a fresh proof is sent again as it was, once somebody has given one', async () => {
  let proven = false
  const { sent } = sensitive(() => proven)
  const forget = registerAsker(async () => {
    proven = true
    return true
  })
  assert.equal(await request('POST', `${base}/x`, { name: 'typed with care' }), null)
  assert.deepEqual(sent, ['{"name":"typed with care"}', '{"name":"typed with care"}'])
  forget()
})

test('whoever declines to prove it sees the refusal, and nothing is sent again', async () => {
  const { sent } = sensitive(() => false)
  const forget = registerAsker(async () => false)
  assert.equal((await failure(request('POST', `${base}/x`, {}))).code, 'FRESH_FACTOR_REQUIRED')
  assert.equal(sent.length, 1)
  forget()
})

test('a proof that the server does not take is asked for once, not for ever', async () => {
  const { sent } = sensitive(() => false)
  let asked = 0
  const forget = registerAsker(async () => {
    asked++
    return true
  })
  assert.equal((await failure(request('POST', `${base}/x`, {}))).code, 'FRESH_FACTOR_REQUIRED')
  assert.deepEqual([sent.length, asked], [2, 1])
  forget()
})

test('a request that has to be worked for is sent once more with its proof; of several at once one works', async () => {
  const { createChallenge } = await import('altcha-lib')
  const { deriveKey } = await import('altcha-lib/algorithms/pbkdf2')
  const challenge = JSON.stringify(
    await createChallenge({
      algorithm: 'PBKDF2/SHA-256',
      cost: 1,
      keyPrefix: '0',
      deriveKey,
      hmacSignatureSecret: 'x',
    }),
  )
  let proofs = 0
  let open = false
  answer = (incoming, response) => {
    if (incoming.headers['custodia-work'] !== undefined) {
      proofs++
      open = true
    }
    const problem = { code: 'PROOF_OF_WORK_REQUIRED', title: 'T', help: 'H', proofHeader: 'authorization', challenge }
    if (open) response.writeHead(200).end('{"in":true}')
    else response.writeHead(429).end(JSON.stringify(problem))
  }
  const all = await Promise.all(Array.from({ length: 5 }, () => request('GET', `${base}/v1/me`)))
  assert.deepEqual(all, Array(5).fill({ in: true }))
  assert.equal(proofs, 1)
  open = false
  proofs = 0
  answer = (incoming, response) => {
    if (incoming.headers['custodia-work'] !== undefined) proofs++
    response.writeHead(429).end(JSON.stringify({ code: 'PROOF_OF_WORK_REQUIRED', title: 'T', help: 'H', challenge }))
  }
  assert.equal((await failure(request('GET', `${base}/v1/me`))).code, 'PROOF_OF_WORK_REQUIRED')
  assert.equal(proofs, 1)
})
