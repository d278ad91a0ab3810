import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, randomBytes, sign, timingSafeEqual, verify } from 'node:crypto'
import { test } from 'node:test'
import type { Signer, Verifier } from 'http-message-sig'
import { appendSignature, createSignature, verifySignature } from 'http-message-sig'
import type { SigningKey, VerifyingKey } from './algorithms.ts'
import { ed25519PublicKey } from './algorithms.ts'
import { contentDigest } from './content-digest.ts'
import type { RequestHead } from './message.ts'
import { signRequest } from './sign.ts'
import { verifyRequest } from './verify.ts'

// Another implementation of RFC 9421 on the other side, alive. It takes `Request` of Fetch, and brings no algorithms of its own.
const secret = randomBytes(32)
const pair = generateKeyPairSync('ed25519')
const hmac = (base: Uint8Array) => createHmac('sha256', secret).update(base).digest()

type Side = { ours: SigningKey; theirs: Signer & Verifier; known: VerifyingKey }
const sides: readonly Side[] = [
  {
    ours: { algorithm: 'hmac-sha256', secret },
    known: { algorithm: 'hmac-sha256', secret },
    theirs: {
      algorithm: 'hmac-sha256',
      sign: hmac,
      verify: (base, signature) => timingSafeEqual(hmac(base), signature),
    },
  },
  {
    ours: { algorithm: 'ed25519', privateKey: pair.privateKey },
    known: {
      algorithm: 'ed25519',
      publicKey: ed25519PublicKey(String(pair.publicKey.export({ type: 'spki', format: 'pem' }))),
    },
    theirs: {
      algorithm: 'ed25519',
      sign: (base) => sign(null, base, pair.privateKey),
      verify: (base, signature) => verify(null, base, pair.publicKey, signature),
    },
  },
]

const nowSeconds = Math.floor(Date.now() / 1_000)
const body = Buffer.from('{"to":"mira@northwind.example"}')
const url = 'https://api.northwind.example/v1/mails?folder=in%20box&x='
const components = ['@method', '@authority', '@path', '@query', 'content-digest', 'content-type']
const requestWith = (headers: Headers) => new Request(url, { method: 'POST', headers, body })
const plainHeaders = () =>
  new Headers({ 'content-type': 'application/json', 'content-digest': contentDigest(body, 'sha-256') })

const headOf = (headers: Headers): RequestHead => ({
  method: 'POST',
  scheme: 'https',
  authority: 'api.northwind.example',
  target: '/v1/mails?folder=in%20box&x=',
  headers: [...headers],
})

for (const { ours, theirs, known } of sides) {
  const { algorithm } = ours

  test(`what the other implementation signs by ${algorithm} is verified, once, and not for another body`, async () => {
    const parameters = { created: nowSeconds, keyid: 'key_one', nonce: 'n-0123456789', alg: algorithm }
    const fields = await createSignature(requestWith(plainHeaders()), { components, parameters, signer: theirs })
    const head = headOf(appendSignature(plainHeaders(), fields))
    const burnt = new Set<string>()
    const policy = {
      nowSeconds,
      authorities: ['api.northwind.example'],
      lookUp: (id: string) => (id === 'key_one' ? known : null),
      burn: ({ nonce }: { nonce: string }) => !burnt.has(nonce) && burnt.add(nonce) !== undefined,
    }
    await assert.rejects(verifyRequest(head, Buffer.from('{"to":"mallory"}'), policy), { reason: 'digest' })
    assert.equal((await verifyRequest(head, body, policy)).keyId, 'key_one')
    await assert.rejects(verifyRequest(head, body, policy), { reason: 'nonce' })
  })

  test(`what we sign by ${algorithm} the other implementation verifies, and not for another path`, async () => {
    const settings = { keyId: 'key_one', key: ours, nowSeconds, nonce: 'n-0123456789', cover: ['content-type'] }
    const headers = new Headers({ 'content-type': 'application/json' })
    for (const [name, value] of Object.entries(signRequest(headOf(headers), body, settings))) headers.set(name, value)
    const options = {
      policy: {
        algorithms: [algorithm],
        requiredComponents: components,
        requiredParameters: ['created', 'keyid', 'nonce'],
        maxAge: 300,
        clockSkew: 5,
      },
      resolveVerifier: () => theirs,
    }
    await verifySignature(requestWith(headers), options)
    const elsewhere = new Request(url.replace('mails', 'keys'), { method: 'POST', headers, body })
    await assert.rejects(verifySignature(elsewhere, options))
  })
}
