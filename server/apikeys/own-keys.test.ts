import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { NewKey } from '@custodia/wire/http/keys.ts'
import { join, setUp, signInAs } from '../identity/testing.ts'
import { newId } from '../platform/random.ts'
import type { Browser } from '../sessions/testing.ts'
import { maxKeys } from './issue.ts'
import type { KeysHouse, KeysProcess } from './testing.ts'
import { callWith, keysOf, makeKeyAs, openKeysHouse } from './testing.ts'

let house: KeysHouse
let one: KeysProcess
let other: KeysProcess
let administrator: Browser

before(async () => {
  house = await openKeysHouse()
  one = await house.process()
  other = await house.process()
  administrator = await setUp(one)
})
after(async () => await house.close())

const reader = async () => await join(one, administrator, { roles: ['reader'] })
const codes = async (...calls: Promise<{ code: string | null; status: number }>[]) =>
  (await Promise.all(calls)).map(({ code, status }) => code ?? status)

/** The same everywhere: in the process that made it, and in another one. */
const everywhere = async (token: string | null, path?: string) =>
  await codes(callWith(one, token, path), callWith(other, token, path))

test('a person’s key is them with less: it reads what its scopes name, and it is shown once', async () => {
  const { browser, user } = await reader()
  const { key, token, answer } = await makeKeyAs(browser)
  assert.equal(answer.status, 201)
  assert.deepEqual((await callWith(one, token)).body, { kind: 'key', id: user.id })
  assert.match(String(token), /^cus_live_/)
  const [listed] = await keysOf(browser)
  assert.partialDeepStrictEqual(listed, { id: key.id, name: 'Nightly report', scopes: ['identity:users:read'] })
  assert.ok(!JSON.stringify(listed).includes(String(token).slice(40)))
  const stored = JSON.stringify(await house.house.db.asOwner('select * from apikeys.key'))
  for (const secret of [String(token).slice(36), 'Nightly report']) assert.ok(!stored.includes(secret))
})

test('what the owner may and the scopes do not name is refused, and so is what the scopes name and the owner may not', async () => {
  const { browser, user } = await reader()
  const { token } = await makeKeyAs(browser, { scopes: ['sessions:read'] })
  assert.deepEqual(await everywhere(token), ['ACCESS_DENIED', 'ACCESS_DENIED'])
  assert.equal((await callWith(one, token, `/v1/users/${user.id}/sessions`)).status, 200)
  const wide = await makeKeyAs(administrator, { scopes: ['identity:*', 'sessions:*'] })
  assert.equal((await callWith(one, wide.token)).status, 200)
  assert.equal((await callWith(one, wide.token, '/v1/mail')).status, 404)
})

test('nobody makes a key for what they may not do, for what there is not, or longer than allowed', async () => {
  const { browser } = await reader()
  const tries: readonly [Partial<NewKey>, string][] = [
    [{ scopes: ['identity:users:write'] }, 'APIKEY_SCOPE_NOT_YOURS'],
    [{ scopes: ['identity:users:read', 'apikeys:*'] }, 'APIKEY_SCOPE_NOT_YOURS'],
    [{ scopes: ['identity:users:raed'] }, 'APIKEY_SCOPE_UNKNOWN'],
    [{ scopes: ['nothing:*'] }, 'APIKEY_SCOPE_UNKNOWN'],
    [{ scopes: ['*'] }, 'REQUEST_INVALID'],
    [{ scopes: ['identity:users*'] }, 'REQUEST_INVALID'],
    [{ scopes: [] }, 'REQUEST_INVALID'],
    [{ scopes: Array.from({ length: 51 }, (_, i) => `identity:users:read${i}`) }, 'REQUEST_INVALID'],
    [{ days: 91 }, 'APIKEY_EXPIRY_TOO_LATE'],
    [{ days: 0 }, 'REQUEST_INVALID'],
    [{ name: ' ' }, 'REQUEST_INVALID'],
    [{ environment: 'sign' }, 'REQUEST_INVALID'],
    [{ environment: 'Live' }, 'REQUEST_INVALID'],
    [{ networks: ['192.0.2.0/33'] }, 'APIKEY_NETWORK_INVALID'],
    [{ networks: ['::ffff:192.0.2.7'] }, 'APIKEY_NETWORK_INVALID'],
    [{ networks: ['0.0.0.0/0'] }, 'APIKEY_NETWORK_INVALID'],
    [{ networks: Array.from({ length: 21 }, (_, i) => `192.0.2.${i}`) }, 'REQUEST_INVALID'],
    [{ requestsPerMinute: 0 }, 'REQUEST_INVALID'],
    [{ requireSignature: true }, 'APIKEY_SIGNING_NEEDED'],
    [{ roles: ['administrator'] } as never, 'REQUEST_INVALID'],
    [{ owner: { kind: 'user', id: newId('usr') } } as never, 'REQUEST_INVALID'],
  ]
  for (const [wanted, code] of tries)
    assert.equal((await makeKeyAs(browser, wanted)).answer.code, code, JSON.stringify(wanted))
  assert.deepEqual(await keysOf(browser), [])
})

test('a key has no session: it makes no key, sees no others, changes no password and nothing that is sensitive', async () => {
  const { key, token } = await makeKeyAs(administrator, { scopes: ['identity:*', 'apikeys:*', 'sessions:*'] })
  const call = (method: string, path: string, body?: unknown) =>
    one.server.browser().call(method, path, body, { authorization: `Bearer ${token}` })
  const wanted = { name: 'Another', scopes: ['identity:users:read'] }
  const refused = await codes(
    call('POST', '/v1/keys', wanted),
    call('GET', '/v1/keys'),
    call('POST', `/v1/keys/${key.id}/rotate`, {}),
    call('DELETE', '/v1/keys'),
    call('GET', '/v1/me'),
    call('GET', '/v1/sessions'),
    call('PUT', '/v1/me/password', { current: 'x', next: 'y' }),
  )
  assert.deepEqual(new Set(refused), new Set(['ACCESS_DENIED']))
  assert.deepEqual(
    await codes(
      call('GET', '/test/sensitive'),
      call('POST', '/v1/invitations', { email: 'x@example.org', name: 'X', roles: ['administrator'] }),
    ),
    ['KEY_NOT_ENOUGH', 'KEY_NOT_ENOUGH'],
  )
})

test('by a key nobody gives what the key does not have, though its owner does', async () => {
  const { user } = await join(one, administrator)
  const { token } = await makeKeyAs(administrator, { scopes: ['identity:users:write'] })
  const give = { roles: ['administrator'] }
  const answer = await one.server
    .browser()
    .call('PATCH', `/v1/users/${user.id}`, give, { authorization: `Bearer ${token}` })
  assert.ok(['KEY_NOT_ENOUGH', 'ACCESS_NOT_YOURS_TO_GIVE'].includes(String(answer.code)), String(answer.code))
  await one.access
    .permissionsOf({
      kind: 'key',
      owner: { kind: 'user', id: user.id },
      id: user.id,
      organisationId: user.organisationId,
      roles: ['administrator'],
      keyId: newId('key'),
      scopes: ['identity:users:read'],
    })
    .then((all) => assert.deepEqual(all, ['identity:users:read']))
})

test('a role that is taken from the owner is gone from the key on the very next request, in every process', async () => {
  const { browser, user } = await reader()
  const { token } = await makeKeyAs(browser)
  assert.deepEqual(await everywhere(token), [200, 200])
  await administrator.call('PATCH', `/v1/users/${user.id}`, { roles: ['member'] })
  assert.deepEqual(await everywhere(token), ['ACCESS_DENIED', 'ACCESS_DENIED'])
  await administrator.call('PATCH', `/v1/users/${user.id}`, { roles: ['reader'] })
  assert.deepEqual(await everywhere(token), [200, 200])
})

test('the keys of a person who is disabled are dead on the very next request, in every process', async () => {
  const { browser, user } = await reader()
  const { token } = await makeKeyAs(browser)
  assert.deepEqual(await everywhere(token), [200, 200])
  await administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'disabled' })
  assert.deepEqual(await everywhere(token), ['APIKEY_INVALID', 'APIKEY_INVALID'])
})

test('the keys of a person who is erased are gone, and open nothing', async () => {
  const { browser, user } = await reader()
  const { token, key } = await makeKeyAs(browser)
  assert.deepEqual(await everywhere(token), [200, 200])
  const { organisationId, id } = user
  assert.equal(((await one.keys.subjectData.export(organisationId, id)).keys as { id: string }[])[0]?.id, key.id)
  await one.context.database.transaction(async (tx) => await one.keys.subjectData.erase(tx, organisationId, id))
  assert.deepEqual(await everywhere(token), ['APIKEY_INVALID', 'APIKEY_INVALID'])
  assert.deepEqual(await house.house.db.asOwner(`select id from apikeys.key where id = '${key.id}'`), [])
})

test('a key whose owner’s data key was destroyed is dead before anything else of them is erased', async () => {
  const { browser, user } = await reader()
  const { token } = await makeKeyAs(browser, { signing: { algorithm: 'hmac-sha256' } })
  const third = await house.process()
  await one.context.database.transaction(async (tx) => await one.keyring.shred(tx, user.organisationId, user.id))
  assert.equal((await callWith(third, token)).code, 'APIKEY_INVALID')
})

test('one key is revoked by its owner, another by an administrator, all of them at once: none is served again', async () => {
  const { browser, user } = await reader()
  const made = [await makeKeyAs(browser), await makeKeyAs(browser), await makeKeyAs(browser), await makeKeyAs(browser)]
  for (const { token } of made) assert.deepEqual(await everywhere(token), [200, 200])
  const [first, second, third, fourth] = made
  assert.equal((await browser.call('DELETE', `/v1/keys/${first?.key.id}`)).status, 204)
  assert.equal((await administrator.call('DELETE', `/v1/users/${user.id}/keys/${second?.key.id}`)).status, 204)
  for (const gone of [first, second])
    assert.deepEqual(await everywhere(gone?.token ?? null), ['APIKEY_INVALID', 'APIKEY_INVALID'])
  assert.deepEqual(await everywhere(third?.token ?? null), [200, 200])
  assert.deepEqual((await administrator.call('DELETE', `/v1/users/${user.id}/keys`)).body, { revoked: 2 })
  for (const gone of [third, fourth])
    assert.deepEqual(await everywhere(gone?.token ?? null), ['APIKEY_INVALID', 'APIKEY_INVALID'])
  assert.deepEqual(await keysOf(browser), [])
  assert.equal((await browser.call('DELETE', `/v1/keys/${first?.key.id}`)).code, 'APIKEY_UNKNOWN')
})

test('nobody lists, rotates or revokes the keys of another, and administrators only those of their own organisation', async () => {
  const [mine, theirs] = [await reader(), await reader()]
  const { key, token } = await makeKeyAs(theirs.browser)
  assert.deepEqual(
    await codes(
      mine.browser.call('DELETE', `/v1/keys/${key.id}`),
      mine.browser.call('POST', `/v1/keys/${key.id}/rotate`, {}),
      mine.browser.call('GET', `/v1/users/${theirs.user.id}/keys`),
      mine.browser.call('DELETE', `/v1/users/${theirs.user.id}/keys/${key.id}`),
      mine.browser.call('DELETE', `/v1/users/${theirs.user.id}/keys`),
      administrator.call('DELETE', `/v1/users/${mine.user.id}/keys/${key.id}`),
    ),
    ['APIKEY_UNKNOWN', 'APIKEY_UNKNOWN', 'ACCESS_DENIED', 'ACCESS_DENIED', 'ACCESS_DENIED', 'APIKEY_UNKNOWN'],
  )
  assert.equal(await one.keys.revoke(newId('org'), { keyId: key.id }), 0)
  assert.equal(await one.keys.revoke(newId('org'), { owner: key.owner }), 0)
  assert.deepEqual(await everywhere(token), [200, 200])
  const listed = (await administrator.call('GET', `/v1/users/${theirs.user.id}/keys`)).body.items as { id: string }[]
  assert.deepEqual(
    listed.map(({ id }) => id),
    [key.id],
  )
})

test('an expired key is refused to the millisecond, listed no more, and swept when its retention is over', async () => {
  const { browser } = await reader()
  const { token, key } = await makeKeyAs(browser, { days: 1 })
  const { clock } = house.house.machine
  clock.advance(Date.parse(String(key.expiresAt)) - clock.nowMs() - 1)
  const fresh = await setUpAgain()
  assert.deepEqual(await everywhere(token), [200, 200])
  clock.advance(1)
  assert.deepEqual(await everywhere(token), ['APIKEY_EXPIRED', 'APIKEY_EXPIRED'])
  assert.equal((await fresh.call('GET', '/v1/keys')).status, 200)
  const sweep = one.keys.jobs[0]
  await sweep?.run(new AbortController().signal)
  const rows = () => house.house.db.asOwner(`select id from apikeys.key where id = '${key.id}'`)
  assert.equal((await rows()).length, 1)
  clock.advance(31 * 86_400_000)
  await sweep?.run(new AbortController().signal)
  assert.equal((await rows()).length, 0)
})

test('a key for some networks is refused from every other, however its address is written', async () => {
  administrator = await setUpAgain()
  const { browser } = await reader()
  const { token } = await makeKeyAs(browser, { networks: ['198.51.100.0/24', '2001:db8:7::/48', '203.0.113.9'] })
  const from = async (address: string) =>
    (await callWith(one, token, '/test/read', { 'x-forwarded-for': address })).code ?? 200
  for (const address of ['198.51.100.7', '::ffff:198.51.100.7', '2001:db8:7::1', '2001:DB8:7:0:1::2', '203.0.113.9'])
    assert.equal(await from(address), 200, address)
  for (const address of [
    '198.51.101.7',
    '::ffff:198.51.101.7',
    '2001:db8:8::1',
    '203.0.113.10',
    '::ffff:0:203.0.113.9',
    '::1',
  ])
    assert.equal(await from(address), 'APIKEY_ELSEWHERE', address)
})

test('a key with a rate of its own is refused beyond it, wherever it calls, and others are not', async () => {
  const shared = { cache: one.context.cache }
  const beside = await house.process(shared)
  const { browser } = await reader()
  const { token } = await makeKeyAs(browser, { requestsPerMinute: 5 })
  const free = await makeKeyAs(browser)
  const statuses = []
  for (let i = 0; i < 8; i++) statuses.push((await callWith(i % 2 === 0 ? one : beside, token)).status)
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429])
  const { code, headers } = await callWith(one, token)
  assert.equal(code, 'APIKEY_RATE')
  assert.ok(Number(headers['retry-after']) >= 1)
  assert.equal((await callWith(one, free.token)).status, 200)
  // A wrong secret costs the key nothing.
  house.house.machine.clock.advance(12_000)
  const wrong = String(token).endsWith('a') ? 'b' : 'a'
  await callWith(one, `${String(token).slice(0, -1)}${wrong}`)
  assert.equal((await callWith(one, token)).status, 200)
})

for (const [store, spend] of [
  ['is lost', () => Promise.reject(new Error('the store is lost'))],
  ['says nothing', () => new Promise(() => {})],
] as const)
  test(`a key whose rate can’t be counted together, since the store ${store}, is counted by each process`, async () => {
    const alone = await house.process({ cache: { ...one.context.cache, spend } as never })
    const { browser } = await reader()
    const { token } = await makeKeyAs(browser, { requestsPerMinute: 2 })
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await callWith(alone, token)).status)
    assert.deepEqual(statuses, [200, 200, 429, 429])
  })

test('the last use is written down behind the answer, once a minute, and not for what was refused', async () => {
  const { browser } = await reader()
  const { token, key } = await makeKeyAs(browser, { networks: ['198.51.100.0/24'] })
  const lastUse = async () => {
    await one.keys.settled()
    return (await keysOf(browser)).find(({ id }) => id === key.id)?.lastUsedAt ?? null
  }
  assert.equal((await callWith(one, token)).code, 'APIKEY_ELSEWHERE')
  assert.equal(await lastUse(), null)
  const use = () => callWith(one, token, '/test/read', { 'x-forwarded-for': '198.51.100.7' })
  await use()
  const first = await lastUse()
  assert.ok(first !== null)
  house.house.machine.clock.advance(59_000)
  await use()
  assert.equal(await lastUse(), first)
  house.house.machine.clock.advance(1_000)
  await use()
  assert.notEqual(await lastUse(), first)
})

test('an owner has at most fifty keys, also where they are made at once', async () => {
  const { browser } = await reader()
  const made = await Promise.all(Array.from({ length: maxKeys + 10 }, () => makeKeyAs(browser)))
  const refused = made.filter(({ answer }) => answer.code === 'APIKEY_TOO_MANY')
  assert.equal(refused.length, 10)
  assert.equal((await keysOf(browser)).length, maxKeys)
  await browser.call('DELETE', `/v1/keys/${made.find(({ key }) => key !== undefined)?.key.id}`)
  assert.equal((await makeKeyAs(browser)).answer.status, 201)
})

/** After a while the administrator’s proof is not fresh any more. */
async function setUpAgain(): Promise<Browser> {
  const browser = one.server.browser()
  assert.equal((await signInAs(browser, 'ada@northwind.example')).status, 200)
  return browser
}
