import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, beforeEach, test } from 'node:test'
import type { IssuedKey, NewKey } from '@custodia/wire/http/keys.ts'
import WebSocket from 'ws'
import { makeKeyAs } from '../apikeys/testing.ts'
import { signInAs } from '../identity/testing.ts'
import type { Event } from '../platform/events/event.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { cookieOf, firefox, head, whoIs } from '../sessions/testing.ts'
import { DecisionLog } from './decision-log.ts'
import type { GatewayProcess, KeysGateway, Seen, Sent } from './keys-testing.ts'
import { claimsOf, openKeysGateway, signatureFor, signingKeyOf } from './keys-testing.ts'

let rig: KeysGateway
before(async () => {
  rig = await openKeysGateway()
})
after(async () => await rig?.close())
beforeEach(() => {
  rig.seen.length = 0
  // What did not hold in the test before is forgotten.
  rig.house.house.machine.clock.advance(61_000)
})

const make = async (wanted: Partial<NewKey> = {}) =>
  await makeKeyAs(rig.person.browser, { scopes: ['app:read'], ...wanted })
const bearer = (token: string | null, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
})
const codes = async (process: GatewayProcess, ...all: Sent[]) => {
  const said = []
  for (const sent of all) {
    const { code, status } = await process.send(sent)
    said.push(code ?? status)
  }
  return said
}
const last = () => rig.seen.at(-1) as Seen

test('a person’s key is that person at the application, with what its scopes name, and the assertion says which key it was', async () => {
  const { token, key } = await make()
  assert.equal((await rig.one.send(bearer(token))).body, 'done')
  const { iat: _iat, exp: _exp, iss: _iss, ...claims } = claimsOf(last())
  assert.deepEqual(claims, {
    aud: 'app',
    sub: rig.person.user.id,
    org: claims.org,
    key: key.id,
    scopes: ['app:read'],
    email: rig.person.email,
    name: 'Mira Okafor',
    roles: ['user'],
    permissions: ['app:read'],
    amr: [],
  })
})

test('a service account calls with its key as itself, and is named', async () => {
  const { administrator, one } = rig
  const { body: account } = await administrator.call('POST', '/v1/service-accounts', {
    name: 'nightly',
    description: 'x',
  })
  const id = String(account.id)
  const { organisationId } = rig.person.user as unknown as { organisationId: string }
  const by = { by: null, actor: { kind: 'system' } as const }
  await one.context.database.transaction(
    async (tx) => await one.access.setRoles(tx, { organisationId, subjectId: id, roles: ['user'], ...by }),
  )
  const answer = await administrator.call('POST', `/v1/service-accounts/${id}/keys`, { name: 'x', scopes: ['app:*'] })
  const { token, key } = answer.body as unknown as IssuedKey
  assert.equal((await one.send(bearer(token))).status, 200)
  assert.partialDeepStrictEqual(claimsOf(last()), { sub: id, key: key.id, name: 'nightly', roles: ['user'] })
  assert.equal(claimsOf(last()).email, undefined)
  assert.equal(claimsOf(last()).sid, undefined)
})

test('no key of ours ever reaches the application, on a public path neither, and no identity that was made up', async () => {
  const { token } = await make()
  const forged = {
    'custodia-assertion': 'forged',
    custodia_assertion: 'forged',
    'x-custodia-user': 'forged',
    'x-forwarded-user': 'forged',
  }
  for (const path of ['/x', '/public/x'])
    for (const spelled of [`Bearer ${token}`, `bearer ${token} `, `BEARER   ${token}`])
      assert.equal((await rig.one.send({ path, headers: { ...forged, authorization: spelled } })).status, 200, spelled)
  assert.equal(rig.seen.length, 6)
  for (const { headers } of rig.seen) assert.doesNotMatch(JSON.stringify(headers), /cus_|forged/)
})

test('beside a session it is the session that speaks, and a token of the application’s own passes', async () => {
  const { token } = await make()
  const cookie = await cookieAtApplication()
  assert.equal((await rig.one.send(bearer('the-applications', { cookie, ...firefox }))).status, 200)
  assert.equal(last().headers.authorization, 'Bearer the-applications')
  assert.match(String(claimsOf(last()).sid), /^ses_/)
  assert.equal((await rig.one.send(bearer(token, { cookie, ...firefox }))).status, 200)
  assert.equal(last().headers.authorization, undefined)
  assert.match(String(claimsOf(last()).sid), /^ses_/)
  const basic = { headers: { authorization: 'Basic YTpi' }, path: '/public/x' }
  await rig.one.send(basic)
  assert.equal(last().headers.authorization, 'Basic YTpi')
})
/** A session on the application's host, as a hand-over starts it. */
async function cookieAtApplication(): Promise<string> {
  const { sessions } = rig.one
  await renewed()
  const principal = await whoIs(rig.one, head({ headers: { ...firefox, cookie: String(rig.person.browser.cookie) } }))
  const state = 's'.repeat(43)
  const code = await sessions.handOver(principal as UserPrincipal, 'app.localhost', state)
  return cookieOf(String((await sessions.redeem(code, 'app.localhost', state))?.cookie))
}

test('what its scopes or its owner lack a key may not, and no rule is open to it that asks for a person', async () => {
  const read = bearer((await make()).token)
  const nothing = bearer((await make({ scopes: ['identity:users:read'] })).token)
  const all = bearer((await make({ scopes: ['app:*'] })).token)
  const denied = 'ACCESS_DENIED'
  assert.deepEqual(
    await codes(rig.one, { ...read, method: 'POST' }, nothing, { ...all, method: 'POST' }, { ...all, method: 'PATCH' }),
    [denied, denied, 200, denied],
  )
  assert.deepEqual(await codes(rig.one, { ...all, path: '/fresh' }, { ...all, path: '/two' }), [
    'KEY_NOT_ENOUGH',
    'KEY_NOT_ENOUGH',
  ])
  assert.deepEqual(await codes(rig.one, { ...all, path: '/.custodia/session' }), ['GATEWAY_SIGN_IN_EXPIRED'])
  assert.equal(rig.seen.length, 1)
  const refused = rig.house.house.events.findLast(({ type }) => type === 'gateway.request.refused')
  assert.partialDeepStrictEqual(refused, { subjectId: rig.person.user.id, data: { reason: 'key' } })
  assert.match(String(refused?.data.key), /^key_/)
})

test('expiry, networks and the rate of a key hold here too, whatever address a client makes up', async () => {
  const { token: short } = await make({ days: 1 })
  const { token: narrow } = await make({ networks: ['198.51.100.0/24'] })
  const { token: rare } = await make({ requestsPerMinute: 2 })
  const from = (address: string) => bearer(narrow, { 'x-forwarded-for': address })
  assert.deepEqual(
    await codes(
      rig.one,
      bearer(narrow),
      from('198.51.100.3'),
      from('192.0.2.1'),
      from('198.51.100.3, 192.0.2.1'),
      from('x'),
    ),
    ['APIKEY_ELSEWHERE', 200, 'APIKEY_ELSEWHERE', 'APIKEY_ELSEWHERE', 'APIKEY_ELSEWHERE'],
  )
  assert.deepEqual(await codes(rig.one, ...Array<Sent>(3).fill(bearer(rare))), [200, 200, 'APIKEY_RATE'])
  // Own routes and the application's use one budget.
  assert.equal(
    (await rig.one.server.browser().call('GET', '/test/read', undefined, bearer(rare).headers)).code,
    'APIKEY_RATE',
  )
  assert.equal((await rig.one.send(bearer(short))).status, 200)
  rig.house.house.machine.clock.advance(86_400_000)
  assert.equal((await rig.one.send(bearer(short))).code, 'APIKEY_EXPIRED')
})

test('a key that was revoked, or whose owner is disabled, is refused by both of two processes on the next request', async () => {
  await renewed()
  const { token, key } = await make()
  const sent = bearer(token)
  assert.deepEqual([...(await codes(rig.one, sent)), ...(await codes(rig.other, sent))], [200, 200])
  await rig.person.browser.call('DELETE', `/v1/keys/${key.id}`)
  assert.deepEqual(
    [...(await codes(rig.one, sent)), ...(await codes(rig.other, sent))],
    Array(2).fill('APIKEY_INVALID'),
  )
})

test('a key that was carried into another organisation belongs to nobody there', async () => {
  await renewed()
  const { token, key } = await make()
  await rig.house.house.db.asOwner(`update apikeys.key set organisation_id = 'org_other' where id = '${key.id}'`)
  assert.equal((await rig.one.send(bearer(token))).code, 'APIKEY_INVALID')
  assert.equal(rig.seen.length, 0)
})

test('whoever makes keys up is not asked about for long, and whoever holds one elsewhere is not kept from it', async () => {
  await renewed()
  const { token } = await make()
  const good = String(token)
  const wrong = bearer(`${good.slice(0, -8)}${good.at(-8) === 'a' ? 'b' : 'a'}${good.slice(-7)}`)
  const said = await codes(rig.one, ...Array<Sent>(61).fill(wrong))
  assert.deepEqual([said.filter((code) => code === 'APIKEY_INVALID').length, said.at(-1)], [60, 'LIMIT_REACHED'])
  assert.deepEqual(await codes(rig.one, bearer(good), bearer(good, { 'x-forwarded-for': '192.0.2.77' })), [
    'LIMIT_REACHED',
    200,
  ])
  rig.house.house.machine.clock.advance(60_001)
  assert.equal((await rig.one.send(bearer(good))).status, 200)
})

test('a page of another site makes no use of a key, and a cross-site form is refused', async () => {
  await renewed()
  const { token } = await make({ scopes: ['app:*'] })
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }, { cookie: 'a=1' }])
    assert.equal(
      (await rig.one.send({ ...bearer(token, headers as Record<string, string>), method: 'POST' })).code,
      'CROSS_SITE_REFUSED',
    )
  assert.equal(rig.seen.length, 0)
})

test('what was allowed is counted by key, and by whose it is', () => {
  const notes: Event[] = []
  const log = new DecisionLog({ note: (one) => void notes.push(one), record: async () => {} }, { nowMs: () => 0 })
  const about = { organisationId: 'org_a', roles: [], scopes: [] } as const
  const owner = { kind: 'user', id: 'usr_a' } as const
  const own = { kind: 'key', owner, id: 'usr_a', keyId: 'key_a', ...about } as const
  for (const principal of [own, own, { ...own, keyId: 'key_b', signed: true } as const])
    log.allowed('app', principal, 'app:read')
  log.allowed('app', { kind: 'application', id: 'job', keyId: 'key_c', ...about }, 'app:read')
  log.flush()
  assert.deepEqual(
    notes.map(({ subjectId, actor, data }) => [subjectId, actor, data.key, data.requests, data.session]),
    [
      ['usr_a', owner, 'key_a', 2, undefined],
      ['usr_a', owner, 'key_b', 1, undefined],
      [null, { kind: 'application', id: 'job' }, 'key_c', 1, undefined],
    ],
  )
})

const open = (headers: Record<string, string>, path = '/socket', process = rig.one) =>
  new WebSocket(`ws://127.0.0.1:${process.port}${path}`, { headers: { host: 'app.localhost', ...headers } })
const refusedWith = async (socket: WebSocket) => {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, NodeJS.ReadableStream]
  const said = JSON.parse((await (response as unknown as { toArray(): Promise<Buffer[]> }).toArray()).join(''))
  socket.on('error', () => {})
  socket.terminate()
  return (said as { code: string }).code
}

test('a program opens a WebSocket with a key, which ends when the key does, in the other process too', async () => {
  await renewed()
  const { token, key } = await make()
  const sockets = [open(bearer(token).headers), open(bearer(token).headers, '/socket', rig.other)]
  await Promise.all(sockets.map((socket) => once(socket, 'open')))
  assert.deepEqual(
    rig.seen.map(({ headers }) => [headers.authorization, headers['custodia-assertion'] !== undefined]),
    Array(2).fill([undefined, true]),
  )
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
  await rig.person.browser.call('DELETE', `/v1/keys/${key.id}`)
  await closed
})

test('a signed upgrade opens once; what is not signed where it must be, and keys beside cookies of pages, open nothing', async () => {
  await renewed()
  const { token } = await make()
  const { signing } = await signingKeyOf(rig.person.browser, 'ed25519')
  const headers = signatureFor({ path: '/pay/socket' }, { ...signing, nowSeconds: rig.nowSeconds() })
  const socket = open(headers, '/pay/socket')
  await once(socket, 'open')
  assert.equal(last().headers.signature, undefined)
  socket.terminate()
  const invalid = 'APIKEY_SIGNATURE_INVALID'
  assert.equal(await refusedWith(open(headers, '/pay/socket')), invalid)
  const elsewhere = signatureFor({ path: '/socket' }, { ...signing, nowSeconds: rig.nowSeconds() })
  assert.equal(await refusedWith(open(elsewhere, '/pay/socket')), invalid)
  assert.equal(await refusedWith(open(bearer(token).headers, '/pay/socket')), 'SIGNATURE_REQUIRED')
  assert.equal(await refusedWith(open(bearer(token, { origin: 'https://evil.example' }).headers)), 'CROSS_SITE_REFUSED')
  const cookie = String(rig.person.browser.cookie)
  assert.equal(await refusedWith(open(bearer(token, { cookie }).headers)), 'CROSS_SITE_REFUSED')
  assert.equal(await refusedWith(open(bearer('cus_x').headers)), 'APIKEY_INVALID')
})

test('an upgrade comes from where a trusted proxy says', async () => {
  await renewed()
  const { token } = await make({ networks: ['198.51.100.0/24'] })
  assert.equal(await refusedWith(open(bearer(token).headers)), 'APIKEY_ELSEWHERE')
  const socket = open(bearer(token, { 'x-forwarded-for': '198.51.100.3' }).headers)
  await once(socket, 'open')
  assert.equal(last().headers['x-forwarded-for'], '198.51.100.3')
  socket.terminate()
})

/** Time passes from test to test, and keys are made in a session that is fresh. */
async function renewed(): Promise<void> {
  const { browser, email } = rig.person
  await signInAs(browser, email)
}
