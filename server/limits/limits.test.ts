import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LimitEntry, LimitedNow, LimitPolicies } from '@custodia/wire/http/limits.ts'
import { join } from '../identity/testing.ts'
import { eventually } from '../platform/cache/testing.ts'
import type { Answer, Browser } from '../sessions/testing.ts'
import type { LimitsHouse, LimitsProcess } from './testing.ts'
import { administratorOf, at, openLimitsHouse, statuses } from './testing.ts'

let house: LimitsHouse
let one: LimitsProcess
let other: LimitsProcess
let administrator: Browser

before(async () => {
  house = await openLimitsHouse()
  one = await house.process('postgres')
  other = await house.process('postgres')
  administrator = await administratorOf(one)
})
after(async () => await house.close())

const theme = (process: LimitsProcess, address: string) =>
  at(process.server.browser(), address).call('GET', '/v1/theme')
const put = (name: string, body: object, browser = administrator) =>
  browser.call('PUT', `/v1/limits/policies/${name}`, { scope: 'installation', burst: 20, perSeconds: 60, ...body })
const remove = (name: string) => administrator.call('DELETE', `/v1/limits/policies/${name}?scope=installation`)
const addEntry = async (body: object, browser = administrator) =>
  await browser.call('POST', '/v1/limits/entries', {
    scope: 'installation',
    reason: 'A test.',
    seconds: 3_600,
    ...body,
  })
const codeOf = ({ status, code }: Answer) => code ?? status
const limitedNow = async (browser = administrator) =>
  ((await browser.call('GET', '/v1/limits/limited')).body as LimitedNow).items

test('two processes share cells: what one address spent at one is spent at the other', async () => {
  const seen = await statuses(24, (i) => theme(i % 2 === 0 ? one : other, '203.0.113.1'))
  assert.equal(seen.filter((status) => status === 200).length, 20)
  assert.ok(seen.slice(20).every((status) => status === 429))
  assert.equal((await theme(one, '203.0.114.2')).status, 200)
})

test('a refusal says under which policy, how long to wait, and what is left; the problem has none of the header fields', async () => {
  await statuses(21, () => theme(one, '203.0.113.1'))
  const { status, code, headers, body } = await theme(one, '203.0.113.1')
  assert.deepEqual([status, code, body.policy], [429, 'LIMIT_REACHED', 'address-read'])
  assert.equal(headers['ratelimit-policy'], '"address-read";q=20;w=3600')
  assert.match(String(headers.ratelimit), /^"address-read";r=0;t=3600$/)
  assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 180)
  assert.equal('rateLimit' in body || 'rateLimitPolicy' in body, false)
})

test('the header names an address that nobody trusts nothing: what a client writes before the proxy’s word moves no cell', async () => {
  const forged = (i: number) =>
    one.server.browser().call('GET', '/v1/theme', undefined, { 'x-forwarded-for': `10.0.0.${i}, 203.0.115.9` })
  const seen = await statuses(25, forged)
  assert.equal(seen.filter((status) => status === 200).length, 20)
})

test('clients whose clocks differ share cells all the same: the store’s clock counts', async () => {
  const ahead = { nowMs: () => Date.now() + 86_400_000 }
  const third = await house.process('postgres', { clock: ahead })
  const seen = await statuses(24, (i) => theme(i % 2 === 0 ? one : third, '203.0.116.1'))
  assert.equal(seen.filter((status) => status === 200).length, 20)
})

test('a policy counts in every process once it is set, replaces what is built in, and ends when it is removed', async () => {
  assert.equal((await put('address-read', { by: 'address', burst: 5, classes: ['read'] })).status, 200)
  assert.deepEqual(await statuses(7, () => theme(one, '203.0.117.1')), [200, 200, 200, 200, 200, 429, 429])
  await eventually(async () => (await theme(other, '203.0.117.1')).status === 429)
  const { items, store, storeLost } = (await administrator.call('GET', '/v1/limits/policies')).body as LimitPolicies
  const named = items.filter(({ name }) => name === 'address-read')
  assert.deepEqual(
    named.map(({ scope, burst }) => [scope, burst]),
    [['installation', 5]],
  )
  assert.deepEqual([store, storeLost], ['postgres', false])
  assert.equal((await remove('address-read')).status, 200 + 4)
  assert.equal(codeOf(await remove('address-read')), 'LIMITS_POLICY_UNKNOWN')
  const seen = await statuses(21, () => theme(one, '203.0.117.3'))
  assert.equal(seen.filter((status) => status === 200).length, 20)
})

test('a dry run refuses nobody, and shows whom it would have', async () => {
  await put('tried', { by: 'address', burst: 1, perSeconds: 86_400, dryRun: true, path: '/v1/theme' })
  assert.deepEqual(await statuses(5, () => theme(one, '203.0.118.1')), [200, 200, 200, 200, 200])
  const [found] = (await limitedNow()).filter(({ policy }) => policy === 'tried')
  assert.partialDeepStrictEqual(found, { subject: '203.0.118.1', dryRun: true, times: 4, route: 'GET /v1/theme' })
  await remove('tried')
})

test('who is limited now, and why, is shown to whoever decides about the installation; of an organisation’s own to its keepers', async () => {
  const { browser } = await join(one, administrator, { roles: ['keeper'] })
  const keeper = at(browser, '198.51.100.9')
  await statuses(22, () => theme(one, '203.0.119.1'))
  const found = (await limitedNow()).find(({ subject }) => subject === '203.0.119.1')
  assert.partialDeepStrictEqual(found, { policy: 'address-read', by: 'address', dryRun: false, times: 2 })
  assert.ok((await limitedNow(keeper)).every(({ by }) => by !== 'address'))
})

test('an organisation decides for its own callers, and for nobody else’s', async () => {
  const { browser } = await join(one, administrator, { roles: ['keeper'] })
  const keeper = at(browser, '198.51.100.10')
  assert.equal(codeOf(await put('mine', { by: 'account' }, keeper)), 'ACCESS_DENIED')
  assert.equal(codeOf(await addEntry({ list: 'deny', network: '203.0.113.0/24' }, keeper)), 'ACCESS_DENIED')
  const own = { scope: 'organisation', classes: ['read'], burst: 5 }
  assert.equal(codeOf(await put('mine', { ...own, by: 'route' }, keeper)), 'LIMITS_POLICY_INVALID')
  assert.equal((await put('mine', { ...own, by: 'account' }, keeper)).status, 200)
  const mine = await statuses(7, () => keeper.call('GET', '/v1/sessions'))
  assert.deepEqual(mine, [200, 200, 200, 200, 200, 429, 429])
  // Strangers are nobody's callers, and the way to take it back stays open.
  assert.equal((await theme(one, '203.0.120.1')).status, 200)
  assert.equal((await keeper.call('GET', '/v1/limits/policies')).status, 200)
  assert.equal((await keeper.call('DELETE', '/v1/limits/policies/mine')).status, 204)
  assert.equal((await keeper.call('GET', '/v1/sessions')).status, 200)
})

test('who is on the deny list is refused at both processes until the entry ends, and a list that allows lets in without a limit', async () => {
  const denied = await addEntry({ list: 'deny', network: '203.0.121.0/24' })
  assert.equal(denied.status, 201)
  assert.equal(codeOf(await theme(one, '203.0.121.7')), 'LIMITS_DENIED')
  await eventually(async () => codeOf(await theme(other, '203.0.121.8')) === 'LIMITS_DENIED')
  assert.equal((await theme(one, '203.0.122.7')).status, 200)
  const { id } = denied.body as LimitEntry
  assert.equal((await administrator.call('DELETE', `/v1/limits/entries/${id}?scope=installation`)).status, 204)
  await eventually(async () => (await theme(other, '203.0.121.7')).status === 200)

  await addEntry({ list: 'allow', network: '203.0.123.7' })
  const seen = await statuses(40, () => theme(one, '203.0.123.7'))
  assert.ok(seen.every((status) => status === 200))
})

test('an entry about somebody counts before one about the network that they come from', async () => {
  const [known, other] = [await join(one, administrator), await join(one, administrator)]
  const own = { scope: 'organisation' }
  assert.equal((await addEntry({ ...own, list: 'allow', account: known.user.id })).status, 201)
  const denied = await addEntry({ ...own, list: 'deny', network: '203.0.125.0/24' })
  const from = ({ browser }: { browser: Browser }) => at(browser, '203.0.125.1').call('GET', '/v1/sessions')
  assert.equal(codeOf(await from(known)), 200)
  assert.equal(codeOf(await from(other)), 'LIMITS_DENIED')
  await administrator.call('DELETE', `/v1/limits/entries/${(denied.body as LimitEntry).id}`)
})

test('an administrator locks neither themself nor this machine out', async () => {
  const me = (await administrator.call('GET', '/v1/me')).body as { user: { id: string } }
  for (const body of [
    { account: me.user.id },
    { network: '198.51.100.0/24' },
    { network: '198.51.100.200' },
    { account: me.user.id, scope: 'organisation' },
  ])
    assert.equal(codeOf(await addEntry({ list: 'deny', ...body })), 'LIMITS_LOCKS_YOU_OUT', JSON.stringify(body))
  assert.equal((await addEntry({ list: 'deny', network: '127.0.0.0/8' })).status, 201)
  assert.equal((await theme(one, '127.0.0.1')).status, 200)
  for (const policy of [
    { by: 'address', burst: 1 },
    { by: 'route', burst: 4 },
    { by: 'account', burst: 5, perSeconds: 86_400 },
  ])
    assert.equal(codeOf(await put('strict', policy)), 'LIMITS_LOCKS_YOU_OUT', JSON.stringify(policy))
})

test('what is no network is refused in words, and so is a list of everybody', async () => {
  const wrong = [
    '0.0.0.0/0',
    '10.0.0.0/7',
    '::/0',
    '2000::/15',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    'localhost',
    '10.0.0',
  ]
  for (const network of wrong)
    assert.equal(codeOf(await addEntry({ list: 'deny', network })), 'LIMITS_NETWORK_INVALID', network)
  assert.equal(codeOf(await addEntry({ list: 'deny' })), 'LIMITS_NETWORK_INVALID')
  assert.equal(
    codeOf(await addEntry({ list: 'deny', network: '10.0.0.1', account: 'usr_x' })),
    'LIMITS_NETWORK_INVALID',
  )
  for (const seconds of [0, 59, -1, 31_536_001, 1.5])
    assert.equal(codeOf(await addEntry({ list: 'deny', network: '10.0.0.1', seconds })), 'REQUEST_INVALID')
})

test('each change stands in the ledger, and what it says of a person or an address is sealed', async () => {
  const { events } = house.house
  events.length = 0
  await put('told', { by: 'network', burst: 50 })
  await remove('told')
  await addEntry({ list: 'deny', network: '203.0.124.1' })
  assert.deepEqual(
    events.map(({ type }) => type),
    ['limits.policy.set', 'limits.policy.removed', 'limits.entry.added'],
  )
  assert.ok(events.every(({ organisationId }) => organisationId === null))
  assert.ok(!JSON.stringify(events.at(-1)?.data).includes('203.0.124.1'))
  assert.deepEqual(events.at(-1)?.personal?.network, '203.0.124.1')
})

test('what is kept of a person goes with them', async () => {
  const { user } = await join(one, administrator, { roles: ['member'] })
  const { organisationId } = user as unknown as { organisationId?: string }
  const owner =
    organisationId ??
    String((await house.house.db.asOwner('select organisation_id from identity.person'))[0]?.organisation_id)
  await addEntry({ list: 'deny', account: user.id, scope: 'organisation' })
  const exported = JSON.stringify(await one.limits.subjectData.export(owner, user.id))
  assert.ok(exported.includes(user.id))
  await one.context.database.transaction((tx) => one.limits.subjectData.erase(tx, owner, user.id))
  const left = await house.house.db.asOwner(`select 1 from limits.entry where account = '${user.id}'`)
  assert.equal(left.length, 0)
})

test('an organisation that does not operate the installation lifts its own limits by a list, and nobody else’s', async () => {
  const { browser, user } = await join(one, administrator, { roles: ['keeper'] })
  const keeper = at(browser, '198.51.100.44')
  const own = { scope: 'organisation', classes: ['read'], by: 'account' }
  const all = { scope: 'installation', classes: ['read'], by: 'account' }
  assert.equal((await put('mine', { ...own, burst: 5 }, keeper)).status, 200)
  assert.equal((await put('everybody', { ...all, burst: 8, perSeconds: 600 })).status, 200)
  assert.equal((await addEntry({ list: 'allow', scope: 'organisation', account: user.id }, keeper)).status, 201)
  const lifted = await statuses(12, () => keeper.call('GET', '/v1/sessions'))
  assert.ok(
    lifted.every((status) => status === 200),
    'the first organisation lifts all',
  )
  const restarted = await house.process('postgres')
  const again = at(restarted.server.browser(`${browser.cookie};`), '198.51.100.45')
  const liftedStill = await statuses(12, () => again.call('GET', '/v1/sessions'))
  assert.deepEqual([...new Set(liftedStill)], [200], 'from the start of a process on')
  // From here on it is another one that operates the installation.
  one.access.lendOperating(async () => 'org_another')
  await addEntry({ list: 'allow', network: '203.0.124.9' })
  const held = await statuses(10, () => keeper.call('GET', '/v1/sessions'))
  assert.deepEqual(held, [200, 200, 200, 200, 200, 200, 200, 200, 429, 429])
  await remove('everybody')
})
