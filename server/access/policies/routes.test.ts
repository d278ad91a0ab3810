import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type {
  DraftedPolicies,
  PolicyDiffs,
  PolicyVersions,
  ShadowReport,
  TestedPolicies,
} from '@custodia/wire/http/policies.ts'
import type { Browser, TestHouse, TestProcess, TestServer } from '../../sessions/testing.ts'
import { openTestHouse, serve, signIn } from '../../sessions/testing.ts'
import { limits } from './limits.ts'

let house: TestHouse
let process: TestProcess
let server: TestServer
let administrator: Browser
let organisationId: string

before(async () => {
  house = await openTestHouse([], {
    writer: { summary: 'Writes policies.', permissions: ['access:policies:read', 'access:policies:write'] },
  })
  process = await house.process()
  server = await serve(process, process.access.routes)
  const signed = await signIn(process)
  organisationId = signed.organisationId
  administrator = await holderOf(signed, 'administrator')
})
after(async () => {
  await server.close()
  await process.access.stop()
  await house.close()
})

async function holderOf(signed: Awaited<ReturnType<typeof signIn>>, role: string): Promise<Browser> {
  await process.context.database.transaction((tx) =>
    process.access.setRoles(tx, {
      organisationId: signed.organisationId,
      subjectId: signed.userId,
      roles: [role],
      by: null,
      actor: { kind: 'system' },
    }),
  )
  return server.browser(signed.cookie)
}
const somebody = async (role: string, organisation = organisationId) =>
  await holderOf(await signIn(process, { organisationId: organisation }), role)

const reason = 'Agreed on Monday'
const text = `@id("no-readers") forbid(principal, action == Custodia::Action::"access:roles:read", resource)
when { context.risk > 900 };
// test: as usual
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "access:roles:read",
//   "resource": { "type": "Custodia::Resource", "id": "org" }, "expect": "deny", "by": [] }
`

test('a version goes from draft to live and back again, and each page says where it stands', async () => {
  const drafted = await administrator.call('POST', '/v1/policies', { text, reason })
  assert.equal(drafted.status, 201, JSON.stringify(drafted.body))
  const { version, findings } = drafted.body as unknown as DraftedPolicies
  assert.partialDeepStrictEqual(version, { state: 'draft', policies: 1, tests: 1, reason })
  assert.equal(findings.green, true)
  const at = `/v1/policies/${version.number}`
  assert.equal((await administrator.call('POST', `${at}/activate`, { reason })).code, 'ACCESS_POLICY_STATE')
  const tested = await administrator.call('POST', `${at}/test`)
  assert.equal((tested.body as unknown as TestedPolicies).green, true)
  const shadowed = await administrator.call('POST', `${at}/shadow`, { days: 7 })
  assert.deepEqual([shadowed.status, (shadowed.body as unknown as ShadowReport).against], [200, 0])
  const live = await administrator.call('POST', `${at}/activate`, { reason })
  assert.deepEqual([live.status, live.body.state], [200, 'live'])
  assert.equal((await process.access.policies.live(organisationId)).version, version.number)
  const diff = await administrator.call('GET', `/v1/policies/diff?from=0&to=${version.number}`)
  assert.deepEqual(
    (diff.body as unknown as PolicyDiffs).items.map(({ id, change }) => [id, change]),
    [['no-readers', 'added']],
  )
  const back = await administrator.call('POST', '/v1/policies/roll-back', { to: 0, instead: version.number, reason })
  assert.deepEqual(
    (back.body as unknown as PolicyVersions).items.map(({ state }) => state),
    ['retired'],
  )
  assert.equal((await process.access.policies.live(organisationId)).version, 0)
})

test('who may write policies may not make them live; who may neither gets nothing', async () => {
  const writer = await somebody('writer')
  const drafted = await writer.call('POST', '/v1/policies', { text, reason })
  assert.equal(drafted.status, 201)
  const { number } = (drafted.body as unknown as DraftedPolicies).version
  for (const [path, body] of [
    [`/v1/policies/${number}/activate`, { reason }],
    ['/v1/policies/roll-back', { to: 0, instead: 1, reason }],
  ] as const)
    assert.equal((await writer.call('POST', path, body)).status, 403)
  assert.equal((await writer.call('GET', '/v1/decisions')).status, 403)
  const member = await somebody('member')
  for (const [method, path, body] of [
    ['GET', '/v1/policies'],
    ['GET', '/v1/policies/schema'],
    ['GET', `/v1/policies/${number}`],
    ['GET', `/v1/policies/diff?from=0&to=${number}`],
    ['POST', '/v1/policies', { text, reason }],
    ['POST', '/v1/policies/test', { text }],
    ['POST', `/v1/policies/${number}/test`],
    ['POST', `/v1/policies/${number}/shadow`, { days: 1 }],
    ['GET', '/v1/decisions'],
  ] as const)
    assert.equal((await member.call(method, path, body)).status, 403, path)
  assert.equal((await server.browser().call('GET', '/v1/policies')).status, 401)
})

test('a writer gives nothing that they lack', async () => {
  const writer = await somebody('writer')
  const permit = '@id("all") permit(principal, action, resource);'
  assert.equal((await writer.call('POST', '/v1/policies', { text: permit, reason })).code, 'ACCESS_NOT_YOURS_TO_GIVE')
})

test('to make a version live, the proof has to be fresh', async () => {
  const stale = await somebody('administrator')
  ;(process.context.clock as unknown as { advance(ms: number): void }).advance(700_000)
  const answers = [
    await stale.call('POST', '/v1/policies/1/activate', { reason }),
    await stale.call('POST', '/v1/policies/roll-back', { to: 0, instead: 1, reason }),
  ]
  for (const { status } of answers) assert.ok(status === 401 || status === 403, String(status))
  administrator = await somebody('administrator')
})

test('what another organisation has is not there', async () => {
  const stranger = await somebody('administrator', (await signIn(process)).organisationId)
  assert.deepEqual((await stranger.call('GET', '/v1/policies')).body.items, [])
  for (const [method, path, body] of [
    ['GET', '/v1/policies/1'],
    ['GET', '/v1/policies/diff?from=0&to=1'],
    ['POST', '/v1/policies/1/test'],
    ['POST', '/v1/policies/1/shadow', { days: 1 }],
    ['POST', '/v1/policies/1/activate', { reason }],
    ['POST', '/v1/policies/roll-back', { to: 1, instead: 0, reason }],
  ] as const)
    assert.equal((await stranger.call(method, path, body)).code, 'ACCESS_POLICY_VERSION_UNKNOWN', path)
})

test('what is no policy file, too large, or no number is refused in words', async () => {
  const post = (body: object) => administrator.call('POST', '/v1/policies/test', body)
  const broken = await post({ text: '@id("a") permit(' })
  assert.deepEqual([broken.status, broken.code], [422, 'ACCESS_POLICY_UNREADABLE'])
  assert.match(String(broken.body.detail), /^line 1: /)
  assert.equal((await post({ text: 'x'.repeat(limits.text + 1) })).status, 400)
  assert.equal((await post({ text: 'ä'.repeat(limits.text / 2 + 1) })).code, 'ACCESS_POLICY_UNREADABLE')
  assert.equal((await post({ text: '', more: 1 })).status, 400)
  assert.equal((await post({})).status, 400)
  const deep = await post({
    text: `@id("a") permit(principal, action, resource) when { ${'('.repeat(9_000)}true${')'.repeat(9_000)} };`,
  })
  assert.equal(deep.code, 'ACCESS_POLICY_TOO_COMPLEX')
  for (const path of ['/v1/policies/0', '/v1/policies/-1', '/v1/policies/1e9', '/v1/policies/__proto__'])
    assert.ok((await administrator.call('GET', path)).status >= 400, path)
  assert.equal((await administrator.call('GET', '/v1/policies?cursor=LTE')).code, 'ACCESS_CURSOR_INVALID')
  assert.equal((await administrator.call('GET', '/v1/decisions?cursor=LTE')).code, 'ACCESS_CURSOR_INVALID')
})

test('the schema names every permission; logged decisions are those of one’s own organisation', async () => {
  const { schema } = (await administrator.call('GET', '/v1/policies/schema')).body as {
    schema: { Custodia: { actions: object } }
  }
  assert.ok('access:policies:activate' in schema.Custodia.actions)
  process.access.decisions.note({
    organisationId,
    principal: { kind: 'user', id: 'usr_a' },
    action: 'ledger:read',
    resource: null,
    decision: 'deny',
    reason: 'no-grant',
    policies: [],
    errors: [],
    policyVersion: 0,
    revision: 1,
    latencyMicroseconds: 10,
    address: '192.0.2.9',
    recorded: () => null,
  })
  await process.access.decisions.drain()
  const { body } = await administrator.call('GET', '/v1/decisions?action=ledger:read&limit=1')
  assert.partialDeepStrictEqual((body.items as object[])[0], { action: 'ledger:read', network: '192.0.2.0/24' })
})

test('a forbid holds on the very next request, on both of two processes, stands in the log, and is gone with its version', async () => {
  const other = await house.process()
  const elsewhere = await serve(other, other.access.routes)
  try {
    const signed = await signIn(process)
    const here = await holderOf(signed, 'administrator')
    const there = elsewhere.browser(signed.cookie)
    const statuses = async () => [
      (await here.call('GET', '/v1/roles')).status,
      (await there.call('GET', '/v1/roles')).status,
    ]
    assert.deepEqual(await statuses(), [200, 200])
    const forbid = '@id("nobody") forbid(principal, action == Custodia::Action::"access:roles:read", resource);'
    const drafted = await here.call('POST', '/v1/policies', { text: forbid, reason })
    const at = `/v1/policies/${(drafted.body as unknown as DraftedPolicies).version.number}`
    await here.call('POST', `${at}/test`)
    await here.call('POST', `${at}/shadow`, { days: 1 })
    assert.equal((await here.call('POST', `${at}/activate`, { reason })).status, 200)
    assert.deepEqual(await statuses(), [403, 403])
    await process.access.decisions.drain()
    const { body } = await here.call('GET', '/v1/decisions?action=access:roles:read&decision=deny')
    assert.partialDeepStrictEqual((body.items as object[])[0], {
      reason: 'forbidden',
      policies: ['policy/nobody'],
      policyVersion: 1,
    })
    assert.equal((await here.call('POST', '/v1/policies/roll-back', { to: 0, instead: 1, reason })).status, 200)
    assert.deepEqual(await statuses(), [200, 200])
  } finally {
    await elsewhere.close()
    await other.access.stop()
  }
})

test('an address as a dual-stack socket writes it is an address like others to a policy', async () => {
  const { userId: id, sessionId } = await signIn(process)
  const who = {
    kind: 'user',
    id,
    organisationId,
    roles: ['administrator'],
    sessionId,
    factors: ['pwd'],
    authenticatedAtMs: 0,
  } as const
  for (const address of ['::ffff:10.0.0.7', 'fe80::1%eth0', 'unknown', '10.0.0.7'])
    assert.equal((await process.access.decide(who, 'access:roles:read', { address })).allowed, true, address)
})

test('a refusal of today is an allow of tomorrow: shadowing tells from the log itself, beside roles and the boundary', async () => {
  const signed = await signIn(process)
  const owner = await holderOf(signed, 'administrator')
  const member = await somebody('member', signed.organisationId)
  assert.equal((await member.call('GET', '/v1/roles')).status, 403)
  assert.equal((await member.call('GET', '/v1/decisions')).status, 403)
  await process.access.decisions.drain()
  const permit =
    '@id("members") permit(principal in Custodia::Role::"member", action == Custodia::Action::"access:roles:read", resource);'
  const drafted = await owner.call('POST', '/v1/policies', { text: permit, reason })
  const at = `/v1/policies/${(drafted.body as unknown as DraftedPolicies).version.number}`
  await owner.call('POST', `${at}/test`)
  const { body } = await owner.call('POST', `${at}/shadow`, { days: 1 })
  const { groups, replayed, toAllow, toDeny } = body as unknown as ShadowReport
  assert.deepEqual([replayed, toAllow, toDeny], [2, 1, 0], JSON.stringify(body))
  assert.partialDeepStrictEqual(groups, [
    { action: 'access:roles:read', change: 'deny-to-allow', before: [], after: ['members'], count: 1 },
  ])
  assert.equal((await member.call('GET', '/v1/roles')).status, 403, 'nothing has changed by it')
  assert.equal((await owner.call('POST', `${at}/activate`, { reason })).status, 200)
  assert.equal((await member.call('GET', '/v1/roles')).status, 200)
})
