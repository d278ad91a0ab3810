import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import type { NewKey } from '@custodia/wire/http/keys.ts'
import type { HmacKey } from '@custodia/wire/http-signatures/algorithms.ts'
import { contentDigest } from '@custodia/wire/http-signatures/content-digest.ts'
import type { SignSettings } from '@custodia/wire/http-signatures/sign.ts'
import { signatureOf } from '../apikeys/testing.ts'
import { signInAs } from '../identity/testing.ts'
import type { Answered, KeysGateway, Seen, Sent } from './keys-testing.ts'
import { claimsOf, maxBody, openKeysGateway, signatureFor, signingKeyOf } from './keys-testing.ts'

type Key = Awaited<ReturnType<typeof signingKeyOf>>
const invalid = 'APIKEY_SIGNATURE_INVALID'

let rig: KeysGateway
let hmac: Key
let ed25519: Key
before(async () => {
  rig = await openKeysGateway()
  hmac = await signingKeyOf(rig.person.browser, 'hmac-sha256')
  ed25519 = await signingKeyOf(rig.person.browser, 'ed25519')
})
after(async () => await rig?.close())
beforeEach(async () => {
  rig.seen.length = 0
  // What did not hold in the test before is forgotten; and keys are made in a session that is fresh.
  rig.house.house.machine.clock.advance(61_000)
  await signInAs(rig.person.browser, rig.person.email)
})

const make = (more: Partial<NewKey> = {}) => signingKeyOf(rig.person.browser, 'ed25519', more)
const order: Sent = { method: 'POST', path: '/pay/7?dry=1', body: '{"amount":3}' }
const last = () => rig.seen.at(-1) as Seen

/** The request with the headers that sign it, changed by the test in between. */
function signed(sent: Sent = order, settings: Partial<SignSettings> = {}, key = ed25519, authority?: string): Sent {
  const headers = signatureFor(sent, { ...key.signing, nowSeconds: rig.nowSeconds(), ...settings }, authority)
  return { ...sent, headers: { ...headers, ...sent.headers } }
}
const codesOf = (answers: readonly Answered[]) => answers.map(({ code, status }) => code ?? status)
const codes = async (...all: Sent[]) => codesOf(await Promise.all(all.map((sent) => rig.one.send(sent))))

test('a signed request reaches the application with the very bytes that were signed, by HMAC and by Ed25519, and with nothing to sign by', async () => {
  const bytes = randomBytes(maxBody)
  for (const key of [hmac, ed25519]) {
    const answer = await rig.one.send(signed({ ...order, body: bytes }, {}, key))
    assert.equal(answer.body, 'done', answer.body)
    assert.equal(last().body, bytes.toString('latin1'))
    assert.equal(last().url, '/pay/7?dry=1')
    assert.equal(last().headers.signature, undefined)
    assert.equal(last().headers['signature-input'], undefined)
    assert.equal(last().headers['content-digest'], contentDigest(bytes))
    assert.partialDeepStrictEqual(claimsOf(last()), { sub: rig.person.user.id, key: key.id, signed: true })
  }
})

test('without a body, in chunks, and with an empty body in chunks', async () => {
  const chunks = { ...order, body: undefined as never, chunks: ['{"amount"', ':3', '}'] }
  const get = { method: 'GET', path: '/pay/7' }
  const bare = { method: 'DELETE', path: '/pay/8' }
  assert.deepEqual(await codes(signed(chunks), signed(get), signed(bare)), [200, 200, 200])
  assert.deepEqual(rig.seen.map(({ method, body }) => `${method} ${body}`).toSorted(), [
    'DELETE ',
    'GET ',
    'POST {"amount":3}',
  ])
})

test('where a rule asks for signatures, nothing else will do, and the answer says what will', async () => {
  const { token } = await make({ requireSignature: false })
  const plain: Sent[] = [order, { ...order, headers: { authorization: `Bearer ${token}` } }]
  for (const sent of plain) {
    const { code, status, headers } = await rig.one.send(sent)
    assert.deepEqual([code, status], ['SIGNATURE_REQUIRED', 401])
    assert.match(String(headers['accept-signature']), /^sig1=\("@method" .*"content-digest"\);created;nonce;keyid$/)
  }
  // The key that signs elsewhere is no bearer token, and where it must sign it is told so.
  const strict = await make({ requireSignature: true })
  assert.equal(strict.token, null)
  assert.equal(rig.seen.length, 0)
  assert.deepEqual(await codes(signed(order, {}, strict), signed({ path: '/x' }, {}, strict)), [200, 200])
})

test('the same request fifty times at once, at two processes: the application sees one', async () => {
  for (const key of [hmac, ed25519]) {
    rig.seen.length = 0
    const sent = signed(order, {}, key)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? rig.one : rig.other).send(sent)),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ code }) => code === invalid).length, 49)
    assert.equal(rig.seen.length, 1)
    rig.house.house.machine.clock.advance(61_000)
  }
})

test('what was changed on the way reaches nobody, and burns no nonce', async () => {
  const nonce = crypto.randomUUID()
  const changed: Sent[] = [
    { body: '{"amount":9}' },
    { body: '' },
    { body: '{"amount":3} ' },
    { path: '/pay/8?dry=1' },
    { path: '/pay/7' },
    { path: '/pay/7?dry=1&dry=0' },
    { path: '/pay/%37?dry=1' },
    { method: 'PUT' },
    { headers: { ...signed(order, { nonce }).headers, 'content-digest': contentDigest(Buffer.from('x')) } },
    { headers: { ...signed(order, { nonce }).headers, 'content-digest': '' } },
    { headers: { ...signed(order, { nonce }).headers, host: 'app.localhost:81' } },
  ]
  const answers = await codes(...changed.map((one) => ({ ...signed(order, { nonce }), ...one })))
  assert.deepEqual(answers, Array(changed.length).fill(invalid))
  assert.equal(rig.seen.length, 0)
  assert.deepEqual(await codes(signed(order, { nonce })), [200])
})

test('a body that nobody signed for reaches nobody', async () => {
  const get = signed({ path: '/pay/7' })
  const bare = signed({ method: 'POST', path: '/pay/7' })
  assert.deepEqual(
    await codes({ ...get, body: 'x', headers: { ...get.headers, 'content-length': '1' } }, { ...bare, body: 'x' }),
    [invalid, invalid],
  )
  assert.deepEqual(await codes({ ...signed({ method: 'POST', path: '/pay/7' }), chunks: ['x'] }), [invalid])
  assert.equal(rig.seen.length, 0)
})

test('signed for another application, for Custodia itself, or with a port: refused here; and the other way round', async () => {
  const at = (authority: string) => signed(order, {}, ed25519, authority)
  assert.deepEqual(
    await codes(at('twin.localhost'), at('custodia.localhost'), at('app.localhost:8080'), at('app.localhost.')),
    [invalid, invalid, invalid, invalid],
  )
  assert.deepEqual(await codes(at('APP.localhost:80')), [200])
  const own = signatureFor({ path: '/test/read' }, { ...ed25519.signing, nowSeconds: rig.nowSeconds() })
  const answer = await rig.one.server.browser().call('GET', '/test/read', undefined, own)
  assert.equal(answer.code, invalid)
  const elsewhere = signatureOf({ method: 'GET', path: '/x' }, { ...ed25519.signing, nowSeconds: rig.nowSeconds() })
  assert.deepEqual(await codes({ path: '/x', headers: elsewhere }), [invalid])
})

test('a slow or fast clock, another key or algorithm, another purpose, an odd nonce: refused', async () => {
  const secret = Buffer.from('another secret of enough bytes, or so')
  const now = rig.nowSeconds()
  const by = (key: Partial<Key['signing']>, of = ed25519) =>
    signed(order, {}, { ...of, signing: { ...of.signing, ...key } })
  const tries = [
    signed(order, { nowSeconds: now - 61 }),
    signed(order, { nowSeconds: now + 6 }),
    signed(order, { tag: 'another' }),
    signed(order, { expiresInSeconds: -1 }),
    by({ keyId: hmac.id }),
    by({ keyId: ed25519.id }, hmac),
    by({ keyId: `key_${'a'.repeat(26)}` }),
    by({ keyId: 'inbox' }),
    by({ key: { algorithm: 'hmac-sha256', secret } }),
  ]
  assert.deepEqual(await codes(...tries), Array(tries.length).fill(invalid))
  assert.deepEqual(
    await codes(signed(order, { nowSeconds: now - 60 }), signed(order, { nowSeconds: now + 5 })),
    [200, 200],
  )
})

test('components twice or left out, signatures twice or half: refused', async () => {
  const { secret } = hmac.signing.key as HmacKey
  const lines = {
    '"@method"': 'GET',
    '"@authority"': 'app.localhost',
    '"@path"': '/pay/7',
    '"@query"': '?',
  } as const
  const by = (names: readonly (keyof typeof lines)[]) => {
    const input = `(${names.join(' ')});created=${rig.nowSeconds()};nonce="${crypto.randomUUID()}";keyid="${hmac.id}"`
    const base = [...names.map((name) => `${name}: ${lines[name]}`), `"@signature-params": ${input}`].join('\n')
    const signature = createHmac('sha256', secret).update(base).digest('base64')
    return { path: '/pay/7', headers: { 'signature-input': `sig1=${input}`, signature: `sig1=:${signature}:` } }
  }
  const all = Object.keys(lines) as (keyof typeof lines)[]
  assert.deepEqual(await codes(by(all)), [200])
  const [method = '"@method"', ...rest] = all
  assert.deepEqual(await codes(by([...all, '"@path"']), by(rest), by([method]), by([])), Array(4).fill(invalid))
  const good = by(all)
  const { 'signature-input': input, signature } = good.headers
  const second = signature.replace('sig1', 'sig2')
  for (const headers of [
    { 'signature-input': input, signature: '' },
    { 'signature-input': `${input}, ${input}`, signature },
    { 'signature-input': `${input}, ${input.replace('sig1', 'sig2')}`, signature: `${signature}, ${second}` },
    { 'signature-input': '', signature },
  ])
    assert.deepEqual(await codes({ path: '/pay/7', headers }), [invalid])
  assert.deepEqual(await codes(good), [200])
})

test('scopes, rules, networks and rate are the key’s, signed or not', async () => {
  const narrow = await make({ scopes: ['app:read'] })
  const elsewhere = await make({ networks: ['198.51.100.0/24'] })
  const rare = await make({ requestsPerMinute: 1 })
  assert.deepEqual(await codes(signed(order, {}, narrow), signed({ path: '/x' }, {}, narrow)), ['ACCESS_DENIED', 200])
  assert.deepEqual(await codes(signed(order, {}, elsewhere)), ['APIKEY_ELSEWHERE'])
  assert.deepEqual(await codes(signed(order, {}, rare)), [200])
  assert.deepEqual(await codes(signed(order, {}, rare)), ['APIKEY_RATE'])
  const revoked = await make()
  assert.deepEqual(await codes(signed(order, {}, revoked)), [200])
  assert.equal((await rig.other.send(signed(order, {}, revoked))).status, 200)
  await rig.person.browser.call('DELETE', `/v1/keys/${revoked.id}`)
  assert.deepEqual(await codes(signed(order, {}, revoked)), [invalid])
  assert.equal((await rig.other.send(signed(order, {}, revoked))).code, invalid)
})

test('a body beyond the bound is refused before it is read where it says so, and after as much where it does not', async () => {
  const large = 'x'.repeat(maxBody + 1)
  const answer = await rig.one.send(signed({ ...order, body: large }))
  assert.deepEqual([answer.code, answer.status], ['REQUEST_TOO_LARGE', 413])
  assert.equal((JSON.parse(answer.body) as { limitBytes: number }).limitBytes, maxBody)
  const chunked = await rig.one.send(
    signed({ method: 'POST', path: '/pay/7', chunks: [large.slice(9), 'x'.repeat(9)] }),
  )
  assert.equal(chunked.code, 'REQUEST_TOO_LARGE')
  // Of a stranger nothing is read, and their body is as large as they like.
  assert.deepEqual(await codes({ ...order, body: large, headers: { 'signature-input': 'x', signature: 'y' } }), [
    invalid,
  ])
  assert.equal(rig.seen.length, 0)
  // What nobody signed streams through as before.
  assert.deepEqual(await codes({ method: 'POST', path: '/public/x', body: large }), [200])
  assert.equal(last().body.length, large.length)
})

test('a body that breaks off reaches nobody, burns no nonce, and keeps no memory', async () => {
  const nonce = crypto.randomUUID()
  for (let times = 0; times < 70; times++) {
    const { headers = {} } = signed(order, { nonce })
    const socket = connect(rig.one.port, '127.0.0.1')
    const head = Object.entries({ host: 'app.localhost', ...headers, 'content-length': '4000' })
    socket.write(`POST ${order.path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    await new Promise((resolve) => socket.write('x'.repeat(3_999), resolve))
    socket.destroy()
    await once(socket, 'close')
  }
  assert.deepEqual(await codes(signed({ ...order, body: 'y'.repeat(maxBody) })), [200])
  assert.deepEqual(await codes(signed(order, { nonce })), [200])
  assert.equal(rig.seen.length, 2)
})

test('a signature that Custodia does not take for its own passes to the application, which may know the key', async () => {
  const headers = { 'signature-input': 'sig1=("@method");keyid="theirs"', signature: 'sig1=:AAAA:' }
  assert.deepEqual(await codes({ path: '/public/x', headers }), [200])
  assert.equal(last().headers['signature-input'], headers['signature-input'])
  assert.equal(last().headers['custodia-assertion'], undefined)
  assert.deepEqual(await codes({ path: '/x', headers }), [invalid])
})

test('why a signature does not hold is in the ledger, and not in the answer', async () => {
  const { headers } = signed()
  const answer = await rig.one.send({ ...order, body: '{"amount":9}', headers: headers ?? {} })
  assert.deepEqual(Object.keys(JSON.parse(answer.body)).toSorted(), [
    ...['code', 'help', 'requestId', 'status', 'title', 'type'],
  ])
  const event = rig.house.house.events.findLast(({ type }) => type === 'apikeys.key.refused')
  assert.deepEqual(event?.data, { key: ed25519.id, why: 'signature-digest' })
})
