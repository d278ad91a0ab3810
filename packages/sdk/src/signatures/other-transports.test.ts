import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http2'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { signRequest } from '@custodia/wire/http-signatures/sign.ts'
import fastify from 'fastify'
import { frozenClock } from '../assertion/testing.ts'
import { requireSignature, signedRequestOf } from './fastify.ts'
import { clientKeys, lookUp } from './testing.ts'
import { createSignatureVerifier } from './verify-request.ts'

const clock = frozenClock()
let nonces = 0
function signed(method: string, authority: string, body: string | null) {
  const head = { method, scheme: 'http', authority, target: '/api/x?y', headers: [] } as const
  nonces += 1
  const settings = {
    keyId: 'key_hmac',
    key: clientKeys.key_hmac,
    nowSeconds: clock.nowMs() / 1000,
    nonce: `n-${nonces}`,
  }
  return signRequest(head, body === null ? null : Buffer.from(body), settings)
}

describe('signed requests over HTTP/2', async () => {
  const authorities: string[] = []
  let reason: unknown
  const server = createServer(async (request, response) => {
    const options = {
      authorities,
      lookUp,
      clock,
      onRefused: (error: { details: object }) => Object.assign(told, error.details),
    }
    const told: { reason?: unknown } = {}
    try {
      const incoming = request as unknown as IncomingMessage
      const { keyId } = await createSignatureVerifier(options).verifyRequest(incoming)
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      response.end(`${keyId} ${Buffer.concat(parts)}`)
    } catch (error) {
      reason = told.reason ?? error
      response.writeHead(401).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
  authorities.push(authority)
  const client = connect(`http://${authority}`)
  after(() => {
    client.destroy()
    server.close()
  })

  const send = (method: string, headers: OutgoingHttpHeaders, body: string | null) =>
    new Promise<{ status: unknown; text: string }>((resolve, reject) => {
      const options = { endStream: body === null }
      const stream = client.request({ ':method': method, ':path': '/api/x?y', ...headers }, options)
      let status: unknown
      let text = ''
      stream.setEncoding('utf8')
      stream.on('response', (reply) => {
        status = reply[':status']
      })
      stream.on('data', (part: string) => {
        text += part
      })
      stream.on('end', () => resolve({ status, text })).on('error', reject)
      if (body !== null) stream.end(body)
    })

  it('come through with a body and without one, and without a length', async () => {
    for (const [method, body] of [
      ['GET', null],
      ['POST', '{"count":3}'],
      ['POST', 'x'.repeat(200_000)],
    ] as const) {
      const reply = await send(method, signed(method, authority, body), body)
      assert.deepEqual(reply, { status: 200, text: `key_hmac ${body ?? ''}` }, String(reason))
    }
    assert.deepEqual(
      await send('POST', signed('POST', authority, null), ''),
      { status: 200, text: 'key_hmac ' },
      String(reason),
    )
  })

  it('are refused with a body that nobody signed, though no length announces it', async () => {
    assert.equal((await send('POST', signed('POST', authority, null), '{"count":9}')).status, 401)
    assert.equal(reason, 'digest-missing')
    assert.equal((await send('POST', signed('POST', authority, '{"count":3}'), '{"count":9}')).status, 401)
    assert.equal(reason, 'digest')
    assert.equal((await send('POST', signed('POST', authority, '{"count":3}'), null)).status, 401)
    assert.equal(reason, 'digest')
  })
})

describe('signed requests that Fastify makes up for tests', () => {
  const app = fastify()
  const verifier = createSignatureVerifier({ authorities: ['inbox.test'], lookUp, clock })
  app.post('/api/x', { onRequest: requireSignature({ verifier }) }, async (request) => [
    signedRequestOf(request).keyId,
    request.body,
  ])
  after(() => app.close())
  const inject = (headers: Record<string, string>, body?: string) =>
    app.inject({
      method: 'POST',
      url: '/api/x?y',
      headers: { host: 'inbox.test', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    })

  it('are verified as those from the network', async () => {
    const body = '{"count":3}'
    const headers = signed('POST', 'inbox.test', body)
    assert.deepEqual((await inject({ ...headers }, body)).json(), ['key_hmac', { count: 3 }])
    assert.equal((await inject({ ...headers }, body)).statusCode, 401)
    assert.equal((await inject({ ...signed('POST', 'inbox.test', body) }, '{"count":9}')).statusCode, 401)
  })

  it('have one authority with and without the default port of what was spoken', async () => {
    const host = { host: 'inbox.test:80' }
    assert.equal((await inject({ ...signed('POST', 'inbox.test', '{}'), ...host }, '{}')).statusCode, 200)
    assert.equal(
      (await inject({ ...signed('POST', 'inbox.test', '{}'), host: 'inbox.test:443' }, '{}')).statusCode,
      401,
    )
  })
})
