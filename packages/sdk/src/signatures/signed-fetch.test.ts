import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { frozenClock } from '../assertion/testing.ts'
import { createNonceMemory } from './nonce-memory.ts'
import type { SignedFetchOptions } from './signed-fetch.ts'
import { createSignedFetch } from './signed-fetch.ts'
import { clientKeys, lookUp } from './testing.ts'
import type { SignatureVerifierOptions } from './verify-request.ts'
import { createSignatureVerifier } from './verify-request.ts'

const clock = frozenClock()
const seconds = clock.nowMs() / 1000

/** What a signed fetch would send. */
async function sent(url: string, init: RequestInit = {}, options: Partial<SignedFetchOptions> = {}) {
  const seen: { url: string; init: RequestInit; headers: Headers }[] = []
  const fetch = createSignedFetch({
    keyId: 'key_hmac',
    key: clientKeys.key_hmac,
    clock,
    fetch: async (address, given) => {
      seen.push({ url: address, init: given, headers: new Headers(given.headers) })
      return new Response()
    },
    ...options,
  })
  await fetch(url, init)
  assert.ok(seen[0])
  return seen[0]
}

describe('a fetch that signs', () => {
  it('says what it covers, with what, when and once', async () => {
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k' }, body: '{}' }
    const options = { cover: ['Idempotency-Key'], tag: 'inbox', expiresInSeconds: 30 }
    const { headers } = await sent('https://API.example:443/a/../b?x#y', json, options)
    assert.match(
      headers.get('signature-input') ?? '',
      new RegExp(
        String.raw`^sig1=\("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key" "content-type"\);` +
          String.raw`created=${seconds};expires=${seconds + 30};nonce="[\w-]{22}";keyid="key_hmac";alg="hmac-sha256";tag="inbox"$`,
      ),
    )
    assert.equal(headers.get('content-digest'), 'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:')
    const again = await sent('https://API.example:443/a/../b?x#y', json, options)
    assert.notEqual(again.headers.get('signature-input'), headers.get('signature-input'))
  })

  it('signs no digest where there is no body', async () => {
    const { headers, init } = await sent('https://api.example/')
    assert.equal(headers.has('content-digest'), false)
    assert.equal(init.body, undefined)
    assert.doesNotMatch(headers.get('signature-input') ?? '', /content/)
  })

  it('follows no redirect, even if asked to: the signature is for one place', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      asked += 1
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const fetch = createSignedFetch({ keyId: 'key_ed', key: clientKeys.key_ed })
      const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { redirect: 'follow' })
      assert.deepEqual([reply.status, asked], [307, 1])
    } finally {
      server.close()
      server.closeAllConnections()
    }
    assert.equal((await sent('https://api.example/', { redirect: 'error' })).init.redirect, 'error')
  })

  it('refuses a request that brings headers of its own making, or lacks one to cover', async () => {
    for (const name of ['signature', 'Signature-Input', 'content-digest', 'Host']) {
      const own = sent('https://api.example/', { headers: { [name]: 'x' } })
      await assert.rejects(own, { code: 'INPUT_INVALID', details: { field: name.toLowerCase() } })
    }
    await assert.rejects(sent('https://api.example/', {}, { cover: ['x-none'] }), { code: 'INPUT_INVALID' })
    await assert.rejects(sent('https://api.example/', { headers: { 'x-a': 'caf\u00e9' } }, { cover: ['x-a'] }), {
      code: 'INPUT_INVALID',
    })
    await assert.rejects(sent('https://api.example/', {}, { cover: ['@status'] }), { code: 'INPUT_INVALID' })
    await assert.rejects(sent('data:,x'), { code: 'INPUT_INVALID' })
  })

  it('reads no more of a stream than it may, and stops when it is called off', async () => {
    const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) })
    await assert.rejects(sent('https://api.example/', { method: 'POST', body: endless() }, { maxBodyBytes: 10_000 }), {
      code: 'BODY_TOO_LARGE',
    })
    const silent = new ReadableStream({})
    const reason = new Error('enough')
    const call = sent('https://api.example/', { method: 'POST', body: silent, signal: AbortSignal.abort(reason) })
    await assert.rejects(call, reason)
  })

  it('asks no more of a stream once it was called off', async () => {
    const calledOff = new AbortController()
    let pulled = 0
    const stream = new ReadableStream({
      pull(controller) {
        pulled += 1
        if (pulled === 3) calledOff.abort()
        controller.enqueue(new Uint8Array(10))
      },
    })
    const call = sent('https://api.example/', { method: 'POST', body: stream, signal: calledOff.signal })
    await assert.rejects(call, { name: 'AbortError' })
    for (let turns = 0; turns < 20; turns += 1) await turn()
    assert.ok(pulled < 10, String(pulled))
  })

  it('keeps its own copy of a secret', async () => {
    const secret = Uint8Array.from(clientKeys.key_hmac.secret)
    const verifier = createSignatureVerifier({ authorities: ['api.example'], lookUp, clock })
    const fetch = createSignedFetch({
      keyId: 'key_hmac',
      key: { algorithm: 'hmac-sha256', secret },
      clock,
      fetch: async (url, init) => new Response((await verifier.verifyFetchRequest(new Request(url, init))).keyId),
    })
    secret.fill(0)
    assert.equal(await (await fetch('https://api.example/')).text(), 'key_hmac')
  })

  it('is not made with a key or an option that is none, and never says what the key was', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { publicKey } = generateKeyPairSync('ed25519')
    const wrong: [string, Partial<SignedFetchOptions>][] = [
      ['key', { key: { algorithm: 'hmac-sha256', secret: new Uint8Array(31) } }],
      ['key', { key: { algorithm: 'hmac-sha256', secret: new Uint8Array(1_025) } }],
      ['key', { key: { algorithm: 'ed25519', privateKey: 'the inner secret' } }],
      ['key', { key: { algorithm: 'ed25519', privateKey: rsa.privateKey } }],
      ['key', { key: { algorithm: 'ed25519', privateKey: publicKey } }],
      ['keyId', { keyId: '' }],
      ['keyId', { keyId: 'é' }],
      ['keyId', { keyId: 'x'.repeat(257) }],
      ['tag', { tag: '' }],
      ['expiresInSeconds', { expiresInSeconds: 0 }],
      ['maxBodyBytes', { maxBodyBytes: -1 }],
    ]
    for (const [field, options] of wrong) {
      const make = () => createSignedFetch({ keyId: 'key_hmac', key: clientKeys.key_hmac, ...options })
      assert.throws(make, (error: unknown) => {
        assert.deepEqual((error as { code: string; details: object }).details, { field })
        assert.doesNotMatch(String((error as Error).stack), /inner secret/)
        return true
      })
    }
  })
})

describe('a verifier', () => {
  it('is not made with options that let too much in', () => {
    const wrong: [string, object][] = [
      ['authorities', { authorities: [] }],
      ['authorities', { authorities: ['https://api.example'] }],
      ['authorities', { authorities: ['*'] }],
      ['required', { required: ['X-Upper'] }],
      ['required', { required: ['@status'] }],
      ['maxAgeSeconds', { maxAgeSeconds: 0 }],
      ['maxAgeSeconds', { maxAgeSeconds: 3_601 }],
      ['maxAgeSeconds', { maxAgeSeconds: Number.NaN }],
      ['maxAheadSeconds', { maxAheadSeconds: 301 }],
      ['maxBodyBytes', { maxBodyBytes: 1e9 }],
    ]
    for (const [field, options] of wrong) {
      const all = { authorities: ['api.example'], lookUp, ...options } as SignatureVerifierOptions<never>
      assert.throws(() => createSignatureVerifier(all), { code: 'CONFIGURATION_INVALID', details: { field } })
    }
  })

  it('of the Fetch API gives back what the key has, and passes on the faults of its ports', async () => {
    const { url, init, headers } = await sent('https://api.example/x?y', { method: 'POST', body: 'z' })
    const request = () => new Request(url, { ...init, headers } as RequestInit)
    const options = { authorities: ['api.example'], lookUp, clock }
    const held = await createSignatureVerifier(options).verifyFetchRequest(request())
    assert.deepEqual([held.key.owner, held.keyId, held.body.toString()], ['inbox', 'key_hmac', 'z'])
    for (const port of ['lookUp', 'burn']) {
      const away = { ...options, [port]: () => Promise.reject(new Error('away')) }
      await assert.rejects(createSignatureVerifier(away).verifyFetchRequest(request()), /away/)
    }
    const other = createSignatureVerifier({ ...options, authorities: ['other.example'] })
    await assert.rejects(other.verifyFetchRequest(request()), {
      code: 'SIGNATURE_INVALID',
      details: { reason: 'authority' },
    })
  })
})

describe('a verifier’s options', () => {
  const options = { authorities: ['api.example'], lookUp, clock }
  const request = async (given: Partial<SignedFetchOptions> = {}) => {
    const { url, headers } = await sent('https://api.example/x', { headers: { 'x-a': '1' } }, given)
    return new Request(url, { headers })
  }

  it('demand a header, a purpose, another window', async () => {
    const strict = createSignatureVerifier({ ...options, required: ['x-a'], tag: 'inbox' })
    await strict.verifyFetchRequest(await request({ cover: ['x-a'], tag: 'inbox' }))
    await assert.rejects(strict.verifyFetchRequest(await request({ tag: 'inbox' })), {
      details: { reason: 'uncovered' },
    })
    await assert.rejects(strict.verifyFetchRequest(await request({ cover: ['x-a'] })), { details: { reason: 'tag' } })
    const narrow = createSignatureVerifier({ ...options, maxAgeSeconds: 10, maxAheadSeconds: 0 })
    const past = frozenClock(clock.nowMs() - 11_000)
    await assert.rejects(narrow.verifyFetchRequest(await request({ clock: past })), { details: { reason: 'old' } })
    const ahead = frozenClock(clock.nowMs() + 1_000)
    await assert.rejects(narrow.verifyFetchRequest(await request({ clock: ahead })), { details: { reason: 'ahead' } })
  })

  it('believe the Host that came, where an adapter gives requests an address of its own', async () => {
    const { headers } = await request()
    const inside = (host: string) => new Request('http://127.0.0.1:3000/x', { headers: [...headers, ['host', host]] })
    const verifier = createSignatureVerifier({ ...options, scheme: 'https' })
    await assert.rejects(verifier.verifyFetchRequest(inside('127.0.0.1:3000')), { details: { reason: 'authority' } })
    await assert.rejects(verifier.verifyFetchRequest(inside('api.example, api.example')), {
      details: { reason: 'message' },
    })
    assert.equal((await verifier.verifyFetchRequest(inside('api.example'))).keyId, 'key_hmac')
  })
})

describe('a body that is held back', () => {
  it('until its nonce would be forgotten is refused, however early its head came', async () => {
    const { url, init, headers } = await sent('https://api.example/x', { method: 'POST', body: 'z' })
    const at = frozenClock()
    const held = createSignatureVerifier({ authorities: ['api.example'], lookUp, clock: at })
    const slow = () => {
      const stream = new ReadableStream(
        {
          pull(controller) {
            at.advance(33_000)
            controller.enqueue(init.body)
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return held.verifyFetchRequest(
        new Request(url, { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit),
      )
    }
    assert.equal((await slow()).keyId, 'key_hmac')
    await assert.rejects(slow(), { details: { reason: 'old' } })
  })
})

describe('the memory of nonces', () => {
  it('knows a nonce of a key until its end, and keys apart', () => {
    const at = frozenClock()
    const burn = createNonceMemory(at)
    const untilSeconds = at.nowMs() / 1000 + 66
    assert.equal(burn({ keyId: 'a', nonce: 'b', untilSeconds }), true)
    assert.equal(burn({ keyId: 'a', nonce: 'b', untilSeconds }), false)
    assert.equal(burn({ keyId: 'ab', nonce: '', untilSeconds }), true)
    assert.equal(burn({ keyId: 'b', nonce: 'b', untilSeconds }), true)
    at.advance(65_999)
    assert.equal(burn({ keyId: 'a', nonce: 'b', untilSeconds }), false)
    at.advance(1)
    assert.equal(burn({ keyId: 'a', nonce: 'b', untilSeconds: untilSeconds + 66 }), true)
  })

  it('lets nothing in while it is full, and forgets what has ended', () => {
    const at = frozenClock()
    const burn = createNonceMemory(at, 2)
    const untilSeconds = at.nowMs() / 1000 + 66
    for (const nonce of ['1', '2']) assert.equal(burn({ keyId: 'a', nonce, untilSeconds }), true)
    assert.throws(() => burn({ keyId: 'a', nonce: '3', untilSeconds }), { code: 'NONCES_EXHAUSTED', status: 503 })
    assert.equal(burn({ keyId: 'a', nonce: '1', untilSeconds }), false, 'a second use is still known as one')
    at.advance(66_000)
    assert.equal(burn({ keyId: 'a', nonce: '3', untilSeconds: untilSeconds + 66 }), true)
  })
})
