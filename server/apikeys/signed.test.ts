import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { NewKey } from '@custodia/wire/http/keys.ts'
import type { HmacKey, SigningKey } from '@custodia/wire/http-signatures/algorithms.ts'
import { contentDigest } from '@custodia/wire/http-signatures/content-digest.ts'
import type { SignSettings } from '@custodia/wire/http-signatures/sign.ts'
import { join, setUp } from '../identity/testing.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Answer, Browser } from '../sessions/testing.ts'
import type { KeysHouse, KeysProcess, Signing } from './testing.ts'
import { callWith, makeKeyAs, openKeysHouse, signatureOf } from './testing.ts'

let house: KeysHouse
let one: KeysProcess
/** Another process that shares the cache, as by Redis. */
let other: KeysProcess
let browser: Browser
let hmac: Omit<Signing, 'nowSeconds'>
let ed25519: Omit<Signing, 'nowSeconds'>

before(async () => {
  house = await openKeysHouse()
  one = await house.process()
  other = await house.process({ cache: one.context.cache })
  browser = (await join(one, await setUp(one), { roles: ['reader'] })).browser
  hmac = (await signingKey({ algorithm: 'hmac-sha256' })).signing
  ed25519 = (await signingKey()).signing
})
after(async () => await house.close())

/** Makes a key that signs: HMAC, or Ed25519 with a key pair of its own. */
async function signingKey(signing?: NewKey['signing'], more: Partial<NewKey> = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x as string
  const wanted = signing ?? { algorithm: 'ed25519', publicKey: x }
  const made = await makeKeyAs(browser, { signing: wanted, requireSignature: true, ...more })
  assert.equal(made.answer.status, 201, String(made.answer.code))
  const key: SigningKey =
    wanted.algorithm === 'ed25519'
      ? { algorithm: 'ed25519', privateKey }
      : { algorithm: 'hmac-sha256', secret: Buffer.from(String(made.signingSecret)) }
  return { ...made, x, signing: { keyId: made.key.id, key } }
}

const body = { text: 'Meet at nine.' }
const now = () => Math.floor(house.house.machine.clock.nowMs() / 1000)

type Sent = { method?: string; path?: string; body?: unknown; headers?: Record<string, string> }

/** Signs a request and sends it, with what the test changes between the two. */
async function send(
  signing: Omit<Signing, 'nowSeconds'>,
  settings: Partial<SignSettings> = {},
  changed: Sent = {},
  process = one,
): Promise<Answer> {
  const meant = { method: 'POST', path: '/test/write?as=sent', body }
  const headers = signatureOf(meant, { ...signing, nowSeconds: now(), ...settings })
  const { method = meant.method, path = meant.path, headers: more = {} } = changed
  const sent = 'body' in changed ? changed.body : body
  return await process.server.browser().call(method, path, sent, { ...headers, ...more })
}
const refusals = async (...answers: Promise<Answer>[]) =>
  (await Promise.all(answers)).map(({ code, status }) => code ?? status)
const invalid = 'APIKEY_SIGNATURE_INVALID'

test('a request that is signed is answered, with a body and without, by HMAC and by Ed25519', async () => {
  for (const signing of [hmac, ed25519]) {
    assert.partialDeepStrictEqual(await send(signing), { status: 200, body: { kind: 'key', body } })
    const get = signatureOf({ method: 'GET', path: '/test/read' }, { ...signing, nowSeconds: now() })
    assert.equal((await one.server.browser().call('GET', '/test/read', undefined, get)).status, 200)
    const bare = signatureOf({ method: 'POST', path: '/test/bare' }, { ...signing, nowSeconds: now() })
    assert.equal((await one.server.browser().call('POST', '/test/bare', undefined, bare)).status, 200)
  }
})

test('the same request fifty times at once, at two processes: one is answered', async () => {
  for (const signing of [hmac, ed25519]) {
    const nonce = crypto.randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => send(signing, { nonce }, {}, i % 2 === 0 ? one : other)),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ code }) => code === invalid).length, 49)
  }
})

test('the nonce of one key is nothing to another', async () => {
  const nonce = 'the-very-same'
  assert.deepEqual(await refusals(send(hmac, { nonce }), send(ed25519, { nonce })), [200, 200])
  assert.deepEqual(await refusals(send(hmac, { nonce }), send(ed25519, { nonce })), [invalid, invalid])
})

test('a body that was swapped, taken away or added is refused, and its nonce is not burnt by it', async () => {
  const nonce = crypto.randomUUID()
  const digest = contentDigest(Buffer.from(JSON.stringify({ text: 'Meet at ten.' })))
  assert.deepEqual(
    await refusals(
      send(hmac, { nonce }, { body: { text: 'Meet at ten.' } }),
      send(hmac, { nonce }, { body: { text: 'Meet at ten.' }, headers: { 'content-digest': digest } }),
      send(hmac, { nonce }, { body: undefined }),
      send(hmac, { nonce }, { headers: { 'content-digest': '' } }),
    ),
    [invalid, invalid, invalid, invalid],
  )
  assert.equal((await send(hmac, { nonce })).status, 200)
  const bare = signatureOf({ method: 'POST', path: '/test/write' }, { ...hmac, nowSeconds: now() })
  assert.equal((await one.server.browser().call('POST', '/test/write', body, bare)).code, invalid)
})

test('another method, path, query or host than was signed is refused', async () => {
  assert.deepEqual(
    await refusals(
      send(hmac, {}, { method: 'PUT' }),
      send(hmac, {}, { path: '/test/signed?as=sent' }),
      send(hmac, {}, { path: '/test/write?as=another' }),
      send(hmac, {}, { path: '/test/write' }),
      send(hmac, {}, { path: '/test/../test/write?as=sent' }),
    ),
    ['METHOD_NOT_ALLOWED', invalid, invalid, invalid, 'ROUTE_UNKNOWN'],
  )
  const elsewhere = {
    method: 'POST',
    scheme: 'http',
    authority: 'localhost',
    target: '/test/write?as=sent',
    headers: [],
  } as const
  const { signRequest } = await import('@custodia/wire/http-signatures/sign.ts')
  const settings = { ...hmac, nowSeconds: now(), nonce: crypto.randomUUID() }
  const headers = signRequest(elsewhere, Buffer.from(JSON.stringify(body)), settings)
  assert.equal((await one.server.browser().call('POST', '/test/write?as=sent', body, { ...headers })).code, invalid)
})

test('a clock that is slow or fast, another key, another algorithm, an odd parameter: refused', async () => {
  const secret = Buffer.from('another secret of enough bytes, or so')
  assert.deepEqual(
    await refusals(
      send(hmac, { nowSeconds: now() - 61 }),
      send(hmac, { nowSeconds: now() + 6 }),
      send(hmac, { expiresInSeconds: -1 }),
      send(hmac, { tag: 'another-purpose' }),
      send({ ...hmac, key: { algorithm: 'hmac-sha256', secret } }),
      send({ ...hmac, keyId: `key_${'a'.repeat(26)}` }),
      send({ ...hmac, keyId: 'inbox' }),
      send({ ...hmac, keyId: ed25519.keyId }),
      send({ ...ed25519, keyId: hmac.keyId }),
    ),
    Array.from({ length: 9 }, () => invalid),
  )
  assert.equal((await send(hmac, { nowSeconds: now() - 60 })).status, 200)
})

test('the public key of Ed25519 is no secret of HMAC, with whatever algorithm the message names', async () => {
  const { x, signing } = await signingKey()
  for (const secret of [Buffer.from(x, 'base64url'), Buffer.from(x)]) {
    const confused = { ...signing, key: { algorithm: 'hmac-sha256', secret } } as const
    assert.equal((await send(confused)).code, invalid)
    // The same without `alg`, so that only the key can say which one it is.
    const headers = signatureOf({ method: 'GET', path: '/test/read' }, { ...confused, nowSeconds: now() })
    const input = String(headers['signature-input']).replace(';alg="hmac-sha256"', '')
    const base = [
      '"@method": GET',
      '"@authority": custodia.localhost',
      '"@path": /test/read',
      '"@query": ?',
      `"@signature-params": ${input.slice('sig1='.length)}`,
    ].join('\n')
    const signature = `sig1=:${createHmac('sha256', secret).update(base).digest('base64')}:`
    const answer = await one.server
      .browser()
      .call('GET', '/test/read', undefined, { 'signature-input': input, signature })
    assert.equal(answer.code, invalid)
  }
  // What is written by hand there is right: with the true secret it passes.
  const headers = signatureOf({ method: 'GET', path: '/test/read' }, { ...hmac, nowSeconds: now() })
  const input = String(headers['signature-input']).replace(';alg="hmac-sha256"', '')
  const base = `"@method": GET\n"@authority": custodia.localhost\n"@path": /test/read\n"@query": ?\n"@signature-params": ${input.slice(5)}`
  const { secret } = hmac.key as HmacKey
  const signature = `sig1=:${createHmac('sha256', secret).update(base).digest('base64')}:`
  assert.equal(
    (await one.server.browser().call('GET', '/test/read', undefined, { 'signature-input': input, signature })).status,
    200,
  )
})

test('a component twice, a signature twice, a component left out, parameters of a component: refused', async () => {
  const { key } = hmac
  const sign = (input: string, lines: readonly string[]) => {
    const base = [...lines, `"@signature-params": ${input}`].join('\n')
    const { secret } = key as HmacKey
    return {
      'signature-input': `sig1=${input}`,
      signature: `sig1=:${createHmac('sha256', secret).update(base).digest('base64')}:`,
    }
  }
  const [method, authority, path, query] = [
    '"@method": GET',
    '"@authority": custodia.localhost',
    '"@path": /test/read',
    '"@query": ?',
  ] as const
  const parameters = () => `;created=${now()};nonce="${crypto.randomUUID()}";keyid="${hmac.keyId}"`
  const tries = [
    sign(`("@method" "@authority" "@path" "@query")${parameters()}`, [method, authority, path, query]),
    sign(`("@method" "@authority" "@path" "@query" "@path")${parameters()}`, [method, authority, path, query, path]),
    sign(`("@authority" "@path" "@query")${parameters()}`, [authority, path, query]),
    sign(`("@method" "@authority" "@path")${parameters()}`, [method, authority, path]),
    sign(`("@method";req "@authority" "@path" "@query")${parameters()}`, [
      '"@method";req: GET',
      authority,
      path,
      query,
    ]),
    sign(`("@method" "@authority" "@path" "@query");keyid="${hmac.keyId}";created=${now()}`, [
      method,
      authority,
      path,
      query,
    ]),
  ]
  const codes = []
  for (const headers of tries)
    codes.push((await one.server.browser().call('GET', '/test/read', undefined, headers)).code ?? 200)
  assert.deepEqual(codes, [200, invalid, invalid, invalid, invalid, invalid])
  const good = () => signatureOf({ method: 'GET', path: '/test/read' }, { ...hmac, nowSeconds: now() })
  const [first, second] = [good(), good()]
  const doubled = {
    'signature-input': `${first['signature-input']}, ${String(second['signature-input']).replace('sig1', 'sig2')}`,
    signature: `${first.signature}, ${String(second.signature).replace('sig1', 'sig2')}`,
  }
  const same = { ...first, 'signature-input': `${first['signature-input']}, ${first['signature-input']}` }
  for (const headers of [
    doubled,
    same,
    { ...first, signature: '' },
    { 'signature-input': 'x'.repeat(5_000), signature: 'y' },
  ])
    assert.equal(
      (await one.server.browser().call('GET', '/test/read', undefined, headers as Record<string, string>)).code,
      invalid,
    )
})

test('a header that is covered may not be swapped', async () => {
  const head = {
    method: 'GET',
    scheme: 'http',
    authority: 'custodia.localhost',
    target: '/test/read',
    headers: [['x-folder', 'inbox']],
  } as const
  const { signRequest } = await import('@custodia/wire/http-signatures/sign.ts')
  const signed = () =>
    signRequest(head, null, { ...hmac, nowSeconds: now(), nonce: crypto.randomUUID(), cover: ['x-folder'] })
  const call = async (headers: Record<string, string>) =>
    (await one.server.browser().call('GET', '/test/read', undefined, headers)).code ?? 200
  assert.equal(await call({ ...signed(), 'x-folder': 'inbox' }), 200)
  for (const headers of [{ 'x-folder': 'drafts' }, {}, { 'x-folder': 'inbox, drafts' }])
    assert.equal(await call({ ...signed(), ...(headers as Record<string, string>) }), invalid)
})

test('a key that demands signatures takes no bearer token, and shows none', async () => {
  const made = await signingKey({ algorithm: 'hmac-sha256' })
  assert.equal(made.token, null)
  const soft = await signingKey({ algorithm: 'hmac-sha256' }, { requireSignature: false })
  assert.equal((await callWith(one, soft.token)).status, 200)
  assert.equal((await send(soft.signing)).status, 200)
  // Even the secret that signs is no bearer token.
  for (const token of [made.signingSecret, soft.signingSecret])
    assert.equal((await callWith(one, token)).code, 'APIKEY_INVALID')
})

test('a bearer token of a key that demands signatures since is told what is needed', async () => {
  const { token, key } = await makeKeyAs(browser, { signing: { algorithm: 'hmac-sha256' } })
  await house.house.db.asOwner(`update apikeys.key set require_signature = true where id = '${key.id}'`)
  const answer = await callWith(one, token)
  assert.equal(answer.code, 'APIKEY_SIGNATURE_REQUIRED')
  assert.match(
    String(answer.headers['accept-signature']),
    /^sig1=\("@method" .*"content-digest"\);created;nonce;keyid$/,
  )
})

test('a route for signed requests refuses sessions, bearer tokens and strangers, and says what is needed', async () => {
  const { token } = await makeKeyAs(browser, { signing: { algorithm: 'hmac-sha256' } })
  const call = (by: Browser, headers: Record<string, string> = {}) => by.call('POST', '/test/signed', body, headers)
  const stranger = () => one.server.browser()
  const answers = [call(browser), call(stranger()), call(stranger(), { authorization: `Bearer ${token}` })]
  assert.deepEqual(await refusals(...answers), ['SIGNATURE_REQUIRED', 'SIGNATURE_REQUIRED', 'SIGNATURE_REQUIRED'])
  assert.match(String((await answers[0])?.headers['accept-signature']), /^sig1=/)
  const headers = signatureOf({ method: 'POST', path: '/test/signed', body }, { ...ed25519, nowSeconds: now() })
  assert.equal((await call(stranger(), headers)).status, 200)
  // Beside a cookie it is the session that speaks, and nothing of its request was signed.
  const again = signatureOf({ method: 'POST', path: '/test/signed', body }, { ...ed25519, nowSeconds: now() })
  assert.equal((await call(browser, again)).code, 'SIGNATURE_REQUIRED')
})

test('scopes, networks, expiry and revocation hold for signed requests as for bearer tokens', async () => {
  const narrow = await signingKey(undefined, { scopes: ['sessions:read'] })
  assert.equal((await send(narrow.signing)).code, 'ACCESS_DENIED')
  const elsewhere = await signingKey(undefined, { networks: ['198.51.100.0/24'] })
  assert.equal((await send(elsewhere.signing)).code, 'APIKEY_ELSEWHERE')
  assert.equal((await send(elsewhere.signing, {}, { headers: { 'x-forwarded-for': '198.51.100.3' } })).status, 200)
  const rare = await signingKey(undefined, { requestsPerMinute: 1 })
  assert.deepEqual([(await send(rare.signing)).status, (await send(rare.signing)).code], [200, 'APIKEY_RATE'])
  const revoked = await signingKey()
  assert.deepEqual(await refusals(send(revoked.signing), send(revoked.signing, {}, {}, other)), [200, 200])
  await browser.call('DELETE', `/v1/keys/${revoked.key.id}`)
  assert.deepEqual(await refusals(send(revoked.signing), send(revoked.signing, {}, {}, other)), [invalid, invalid])
})

test('while a rotation overlaps both signing keys hold, and afterwards the new one alone', async () => {
  for (const algorithm of ['hmac-sha256', 'ed25519'] as const) {
    const made = await signingKey(algorithm === 'ed25519' ? undefined : { algorithm })
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const jwk = publicKey.export({ format: 'jwk' })
    const asked = {
      overlapSeconds: 30,
      ...(algorithm === 'ed25519' ? { publicKey: { kty: jwk.kty, crv: jwk.crv, x: jwk.x } } : {}),
    }
    const answer = await browser.call('POST', `/v1/keys/${made.key.id}/rotate`, asked)
    assert.equal(answer.status, 200, String(answer.code))
    const key: SigningKey =
      algorithm === 'ed25519'
        ? { algorithm, privateKey }
        : { algorithm, secret: Buffer.from(String(answer.body.signingSecret)) }
    const next = { keyId: made.key.id, key }
    assert.deepEqual(await refusals(send(made.signing), send(next), send(next, {}, {}, other)), [200, 200, 200])
    house.house.machine.clock.advance(30_000)
    assert.deepEqual(await refusals(send(made.signing), send(next)), [invalid, 200])
  }
})

test('a public key that is none, that is weak, or that is private is refused', async () => {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const tries = [
    '',
    'A'.repeat(43),
    `AQ${'A'.repeat(41)}`,
    'not base64!',
    jwk,
    { kty: 'OKP', crv: 'X25519', x: jwk.x },
    { kty: 'oct', k: 'A'.repeat(43) },
  ]
  for (const publicKey of tries) {
    const { answer } = await makeKeyAs(browser, { signing: { algorithm: 'ed25519', publicKey } as never })
    assert.ok(['APIKEY_PUBLIC_KEY_INVALID', 'REQUEST_INVALID'].includes(String(answer.code)), JSON.stringify(publicKey))
  }
})

test('where nonces can’t be remembered nothing that is signed is answered', async () => {
  const lost = () => Promise.reject(new Error('the store is lost'))
  const alone = await house.process({ cache: { ...one.context.cache, setIfAbsent: lost } as never })
  assert.equal((await send(hmac, {}, {}, alone)).code, 'APIKEY_BUSY')
})

test('a body that is held back until its nonce would be forgotten is refused', async () => {
  const headers = signatureOf({ method: 'POST', path: '/test/write', body }, { ...hmac, nowSeconds: now() })
  const lines = { host: 'custodia.localhost', ...headers }
  const head = {
    method: 'POST',
    url: '/test/write',
    host: 'custodia.localhost',
    headers: lines,
    rawHeaders: Object.entries(lines).flat(),
    address: '192.0.2.7',
  }
  assert.ok(await one.keys.authenticate(head))
  const proof = one.keys.proof?.(head)
  house.house.machine.clock.advance(66_000)
  proof?.hold(Buffer.from(JSON.stringify(body)))
  await assert.rejects(
    async () => await proof?.end(),
    (error) => isRefusal(error, invalid),
  )
})

test('why a signature does not hold is in the ledger, and not in the answer', async () => {
  const { body: told } = await send(hmac, {}, { body: { text: 'Meet at ten.' } })
  assert.deepEqual(Object.keys(told).toSorted(), ['code', 'help', 'requestId', 'status', 'title', 'type'])
  const event = house.house.events.findLast(({ type }) => type === 'apikeys.key.refused')
  assert.deepEqual(event?.data, { key: hmac.keyId, why: 'signature-digest' })
})
