import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import type { Browser, Signed, TestHouse, TestProcess, TestServer } from '../../sessions/testing.ts'
import { openTestHouse, serve, signIn } from '../../sessions/testing.ts'

let house: TestHouse
let one: TestProcess
let server: TestServer
before(async () => {
  house = await openTestHouse([], { helper: { summary: 'Helps.', permissions: ['access:*', 'sessions:read'] } })
  one = await house.process()
  server = await serve(one, one.access.routes)
})
after(async () => {
  await server.close()
  await house.close()
})

const minute = 60_000
const reason = 'because'

async function somebody(
  roles: readonly string[],
  organisationId = newId('org'),
): Promise<Signed & { browser: Browser }> {
  const userId = newId('usr')
  await one.context.database.transaction((tx) =>
    one.access.setRoles(tx, { organisationId, subjectId: userId, roles, by: null, actor: { kind: 'system' } }),
  )
  const signed = await signIn(one, { userId, organisationId })
  return { ...signed, browser: server.browser(signed.cookie) }
}

/** A request that has the form of each route, about nothing that there is. */
const ids: Record<string, string> = {
  name: 'nobody',
  groupId: newId('grp'),
  accountId: newId('svc'),
  approvalId: newId('apv'),
  reviewId: newId('rvw'),
}
const pathOf = (path: string) => path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? assert.fail(name))
const own = () => one.access.grants.routes

test('every route asks who it is and whether they may, and every one that gives or takes asks for a fresh proof', async () => {
  const member = await somebody(['member'])
  const boss = await somebody(['administrator'])
  house.machine.clock.advance(11 * minute)
  const plain = new Set<string>()
  for (const { method, path, sensitive } of own()) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const where = `${method} ${path}`
    assert.equal((await server.browser().call(method, pathOf(path), body)).status, 401, where)
    assert.equal((await member.browser.call(method, pathOf(path), body)).status, 403, where)
    const { code } = await boss.browser.call(method, pathOf(path), body)
    assert.equal(code === 'FRESH_FACTOR_REQUIRED', sensitive, where)
    if (method !== 'GET' && !sensitive) plain.add(where)
  }
  // What gives nobody anything and takes nothing from anybody.
  assert.deepEqual([...plain].sort(), [
    'PATCH /v1/groups/:groupId',
    'POST /v1/approvals/:approvalId/refuse',
    'POST /v1/groups',
    'POST /v1/service-accounts',
  ])
})

test('what is too long, too much, unknown or of the wrong form is refused by its field', async () => {
  const { browser, userId } = await somebody(['administrator'])
  const given = { subject: userId, role: 'member', reason }
  for (const [path, body, field] of [
    ['/v1/assignments', { ...given, reason: '' }, 'body.reason'],
    ['/v1/assignments', { ...given, reason: 'x'.repeat(501) }, 'body.reason'],
    ['/v1/assignments', { ...given, reason: 'a\u0000b' }, 'body.reason'],
    ['/v1/assignments', { ...given, subject: 'usr_short' }, 'body.subject'],
    ['/v1/assignments', { ...given, subject: `${userId}'--` }, 'body.subject'],
    ['/v1/assignments', { ...given, expiresAt: 'tomorrow' }, 'body.expiresAt'],
    ['/v1/assignments', { ...given, expiresAt: 1e15 }, 'body.expiresAt'],
    ['/v1/assignments', { ...given, by: 'system' }, 'body.by'],
    ['/v1/assignments', { subject: userId, role: 'member' }, 'body.reason'],
    ['/v1/roles', { name: 'Ä', summary: 'x' }, 'body.name'],
    ['/v1/roles', { name: '__proto__', summary: 'x' }, 'body.name'],
    ['/v1/roles', { name: 'x', summary: 'x', permissions: ['a"b'] }, 'body.permissions.0'],
    ['/v1/roles', { name: 'x', summary: 'x', permissions: ['access:*'] }, 'body.permissions.0'],
    ['/v1/roles', { name: 'x', summary: 'x', permissions: ['a:b', 'a:b'] }, 'body.permissions'],
    [
      '/v1/roles',
      { name: 'x', summary: 'x', includes: Array.from({ length: 51 }, (_, i) => `r${i}`) },
      'body.includes',
    ],
    ['/v1/groups', { name: ' x' }, 'body.name'],
    ['/v1/reviews', { name: 'x', dueAt: '2030-01-01T00:00:00.000Z', undecided: 'maybe' }, 'body.undecided'],
  ] as const) {
    const answer = await browser.call('POST', path, body)
    assert.deepEqual([answer.status, answer.body.field], [400, field], JSON.stringify(body).slice(0, 80))
  }
  for (const query of ['limit=0', 'limit=201', 'limit=1e999', 'cursor=%00', 'role=A', 'subject=usr_x', 'all=1'])
    assert.equal((await browser.call('GET', `/v1/assignments?${query}`)).status, 400, query)
})

test('somebody is given a role and gets another cookie; it is taken, and the next request is refused', async () => {
  const boss = await somebody(['administrator'])
  const bo = await somebody([], boss.organisationId)
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 403)
  const first = bo.browser.cookie
  const wanted = { subject: bo.userId, role: 'helper', reason }
  const given = await boss.browser.call('POST', '/v1/assignments', { ...wanted, expiresAt: null })
  assert.equal(given.status, 201)
  assert.equal((given.body.assignment as Record<string, unknown>).assignedBy, boss.userId)
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 200)
  assert.notEqual(bo.browser.cookie, first)
  // Whoever may do more than before proves anew who they are.
  assert.equal((await bo.browser.call('POST', '/v1/assignments', wanted)).code, 'FRESH_FACTOR_REQUIRED')
  assert.equal((await boss.browser.call('POST', '/v1/assignments/remove', wanted)).status, 204)
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 403)
})

test('a role that ends is over on the next request, within the minute that a session is remembered', async () => {
  const boss = await somebody(['administrator'])
  const bo = await somebody([], boss.organisationId)
  const expiresAt = new Date(house.machine.clock.nowMs() + 5_000).toISOString()
  await boss.browser.call('POST', '/v1/assignments', { subject: bo.userId, role: 'helper', expiresAt, reason })
  for (let i = 0; i < 3; i++) assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 200)
  house.machine.clock.advance(5_000)
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 403)
})

test('everybody in a group gets another cookie when the group gains', async () => {
  const boss = await somebody(['administrator'])
  const bo = await somebody([], boss.organisationId)
  const { body: group } = await boss.browser.call('POST', '/v1/groups', { name: 'Night shift' })
  const members = `/v1/groups/${String(group.id)}/members`
  assert.equal((await boss.browser.call('POST', members, { member: bo.userId, reason })).status, 201)
  await bo.browser.call('GET', '/v1/groups')
  house.machine.clock.advance(minute)
  await bo.browser.call('GET', '/v1/groups')
  const first = bo.browser.cookie
  await boss.browser.call('POST', '/v1/assignments', { subject: group.id, role: 'helper', reason })
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 200)
  assert.notEqual(bo.browser.cookie, first)
  const listed = (await boss.browser.call('GET', members)).body.items as { member: string }[]
  assert.deepEqual(
    listed.map(({ member }) => member),
    [bo.userId],
  )
  assert.equal((await boss.browser.call('DELETE', `/v1/groups/${String(group.id)}`)).status, 204)
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 403)
})

test('a privileged role is asked for by one and agreed to by another, over the wire', async () => {
  const boss = await somebody(['administrator'])
  const second = await somebody(['administrator'], boss.organisationId)
  const role = { name: 'keeper', summary: 'x', permissions: ['sessions:read'], privileged: true }
  assert.equal((await boss.browser.call('POST', '/v1/roles', role)).status, 201)
  const bo = newId('usr')
  const asked = await boss.browser.call('POST', '/v1/assignments', { subject: bo, role: 'keeper', reason })
  assert.equal(asked.status, 202)
  const { id } = asked.body.approval as { id: string }
  const own = await boss.browser.call('POST', `/v1/approvals/${id}/approve`)
  assert.deepEqual([own.status, own.code], [403, 'ACCESS_APPROVAL_NOT_YOURS'])
  const stranger = await somebody(['administrator'])
  assert.equal((await stranger.browser.call('POST', `/v1/approvals/${id}/approve`)).status, 404)
  const agreed = await second.browser.call('POST', `/v1/approvals/${id}/approve`)
  assert.deepEqual([agreed.status, agreed.body.outcome, agreed.body.reason], [200, 'approved', reason])
  assert.equal((await second.browser.call('POST', `/v1/approvals/${id}/approve`)).code, 'ACCESS_APPROVAL_OVER')
  assert.deepEqual(await one.access.rolesOf(boss.organisationId, bo), ['keeper'])
})

test('a review is opened, decided and ended, over the wire', async () => {
  const boss = await somebody(['administrator'])
  const bo = await somebody(['helper'], boss.organisationId)
  const dueAt = new Date(house.machine.clock.nowMs() + minute).toISOString()
  const opened = await boss.browser.call('POST', '/v1/reviews', { name: 'Autumn', dueAt, undecided: 'keep' })
  assert.equal(opened.status, 201)
  const at = `/v1/reviews/${String(opened.body.id)}`
  const decision = { kind: 'assignment', subject: bo.userId, target: 'helper', decision: 'remove' }
  assert.equal((await boss.browser.call('POST', `${at}/decisions`, decision)).status, 200)
  assert.equal((await bo.browser.call('POST', `${at}/decisions`, decision)).code, 'ACCESS_REVIEW_OWN')
  assert.notEqual((await boss.browser.call('POST', `${at}/end`)).body.closedAt, null)
  const { items } = (await boss.browser.call('GET', `${at}/items`)).body as { items: { outcome: string }[] }
  assert.deepEqual(items.map(({ outcome }) => outcome).sort(), ['kept', 'removed'])
  assert.equal((await bo.browser.call('GET', '/v1/groups')).status, 403)
})
