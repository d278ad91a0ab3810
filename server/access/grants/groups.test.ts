import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import { giveRole } from './give-role.ts'
import { joinGroup, leaveGroup } from './join-group.ts'
import { listGroups, listMembers, listServiceAccounts } from './list.ts'
import type { GrantsHouse } from './testing.ts'
import { openGrantsHouse, reason, refused } from './testing.ts'
import { changeGroup, createGroup, deleteGroup } from './write-group.ts'
import { changeRole, createRole } from './write-role.ts'
import { changeServiceAccount, createServiceAccount, deleteServiceAccount } from './write-service-account.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse()
})
after(() => house.close())

const minute = 60_000
const inMs = (ms: number) => new Date(house.context.clock.nowMs() + ms).toISOString()
const administrator = async () => await house.person(newId('org'), ['administrator'])
type By = Awaited<ReturnType<typeof administrator>>
const group = async (by: By, name: string) => (await createGroup(house.parts, by, { name })).id
const join = async (by: By, groupId: string, member: string, expiresAt: string | null = null) =>
  await joinGroup(house.parts, by, groupId, { member, expiresAt, reason })

test('whoever is in a group has what it has, and what the groups have that it is in, until any of it ends', async () => {
  const { parts, access, context } = house
  const by = await administrator()
  const { organisationId } = by
  const [inner, outer] = [await group(by, 'inner'), await group(by, 'outer')]
  const bo = await house.person(organisationId)
  await giveRole(parts, by, { subject: outer, role: 'writer', expiresAt: inMs(3 * minute), reason })
  await join(by, outer, inner, inMs(2 * minute))
  await join(by, inner, bo.id, inMs(minute))
  assert.deepEqual(await access.standingOf(organisationId, bo.id), {
    ...{ roles: ['writer'], groups: [inner, outer].sort(), untilMs: context.clock.nowMs() + minute },
  })
  assert.deepEqual((await access.standingOf(organisationId, inner)).roles, ['writer'])
  context.clock.advance(minute)
  assert.deepEqual(await access.standingOf(organisationId, bo.id), {
    ...{ roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY },
  })
})

test('of two ways to the same role the longer counts', async () => {
  const { parts, access, context } = house
  const by = await administrator()
  const one = await group(by, 'one')
  const bo = await house.person(by.organisationId)
  await giveRole(parts, by, { subject: one, role: 'writer', reason })
  await giveRole(parts, by, { subject: bo.id, role: 'writer', expiresAt: inMs(minute), reason })
  await join(by, one, bo.id, inMs(2 * minute))
  const standing = await access.standingOf(by.organisationId, bo.id)
  assert.equal(standing.untilMs, context.clock.nowMs() + 2 * minute)
})

test('putting somebody in a group is giving all that it has: nobody does beyond what they have', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const bo = await house.person(boss.organisationId)
  const [plain, strong, above] = [await group(boss, 'plain'), await group(boss, 'strong'), await group(boss, 'above')]
  await giveRole(parts, boss, { subject: above, role: 'writer', reason })
  await join(boss, above, strong)
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  for (const member of [helper.id, bo.id, plain, 'inbox'])
    for (const into of [strong, above]) await refused(join(helper, into, member), yours, `${member} ${into}`)
  await join(boss, strong, bo.id)
  await refused(leaveGroup(parts, helper, strong, { member: bo.id, reason }), yours, 'takes')
  await refused(deleteGroup(parts, helper, strong), yours, 'deletes')
  await join(helper, plain, bo.id)
  // What the group gets later is given by whoever gives it.
  await refused(giveRole(parts, helper, { subject: plain, role: 'writer', reason }), yours)
})

test('what somebody has for a time they give by a group for no longer', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const bo = await house.person(boss.organisationId)
  const strong = await group(boss, 'strong')
  await giveRole(parts, boss, { subject: strong, role: 'writer', reason })
  await join(boss, strong, helper.id, inMs(minute))
  for (const expiresAt of [null, inMs(minute + 1)])
    for (const member of [bo.id, helper.id])
      await refused(join(helper, strong, member, expiresAt), 'ACCESS_EXPIRY_TOO_LATE')
  await join(helper, strong, bo.id, inMs(minute))
})

test('who knows what roles and groups have beside permissions is asked of every way to them, and refuses', async () => {
  const { access, parts } = house
  const by = await administrator()
  const [one, outer] = [await group(by, 'one'), await group(by, 'outer')]
  const bo = await house.person(by.organisationId)
  const account = await createServiceAccount(parts, by, { name: 'nightly' })
  await join(by, outer, one)
  await createRole(parts, by, { name: 'above', summary: 'x', includes: ['reader'] })
  await giveRole(parts, by, { subject: outer, role: 'above', reason })
  await join(by, one, account.id)
  await changeServiceAccount(parts, by, account.id, { disabled: true })
  const asked: unknown[] = []
  const stop = access.grants.onGift(async (_tx, { roles, groups }) => {
    asked.push([[...roles], [...groups].sort()])
    throw new Error('not yours')
  })
  const both = [['above', 'reader'], [one, outer].sort()]
  for (const [what, attempt, gift] of [
    ['joins', () => join(by, one, bo.id), both],
    ['is given', () => giveRole(parts, by, { subject: bo.id, role: 'above', reason }), [['above', 'reader'], []]],
    ['includes', () => changeRole(parts, by, 'above', { includes: ['reader', 'writer'] }), [['writer'], []]],
    ['is enabled', () => changeServiceAccount(parts, by, account.id, { disabled: false }), both],
  ] as const) {
    await assert.rejects(attempt(), /not yours/, what)
    assert.deepEqual(asked.pop(), gift, what)
  }
  stop()
  await join(by, one, bo.id)
})

test('circles of groups are refused when they are written, also by two at once, and so is depth', async () => {
  const by = await administrator()
  const ids: string[] = []
  for (let i = 0; i <= 11; i++) ids.push(await group(by, `g${i}`))
  const [a, b] = ids as [string, string]
  await refused(join(by, a, a), 'ACCESS_CYCLE')
  const both = await Promise.allSettled([join(by, a, b), join(by, b, a)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  const [outer, inner] = both[0].status === 'fulfilled' ? [a, b] : [b, a]
  await refused(join(by, inner, outer), 'ACCESS_CYCLE')
  const chain = [outer, inner, ...ids.slice(2)]
  for (let i = 1; i < 10; i++) await join(by, chain[i] as string, chain[i + 1] as string)
  await refused(join(by, chain[10] as string, chain[11] as string), 'ACCESS_TOO_DEEP')
  await refused(join(by, chain[11] as string, chain[0] as string), 'ACCESS_TOO_DEEP', 'from above')
  await refused(join(by, chain[10] as string, chain[0] as string), 'ACCESS_CYCLE', 'the long way round')
})

test('the deepest member of the deepest chain has what the outermost group has', async () => {
  const { parts, access } = house
  const by = await administrator()
  const chain: string[] = []
  for (let i = 0; i <= 10; i++) chain.push(await group(by, `d${i}`))
  for (let i = 0; i < 10; i++) await join(by, chain[i] as string, chain[i + 1] as string)
  const bo = await house.person(by.organisationId)
  await join(by, chain[10] as string, bo.id)
  await giveRole(parts, by, { subject: chain[0] as string, role: 'writer', reason })
  const standing = await access.standingOf(by.organisationId, bo.id)
  assert.deepEqual([standing.roles, standing.groups.length], [['writer'], 11])
})

test('a group has ten thousand members and no more', async () => {
  const { opened } = house
  const by = await administrator()
  const one = await group(by, 'one')
  await opened.asOwner(`insert into access.membership (organisation_id, group_id, member_id, added_at)
    select '${by.organisationId}', '${one}', 'app-' || i, now() from generate_series(1, 10000) i`)
  await refused(join(by, one, 'inbox'), 'ACCESS_TOO_MANY')
  await join(by, one, 'app-1', inMs(minute))
})

test('a change of a group is heard by everybody in it, in both of two processes', async () => {
  const { parts, access } = house
  const other = await house.another()
  const by = await administrator()
  const { organisationId } = by
  const [inner, outer] = [await group(by, 'inner'), await group(by, 'outer')]
  const bo = await house.person(organisationId)
  await join(by, inner, bo.id)
  await join(by, outer, inner)
  const shifts: unknown[] = []
  const stop = access.onShift(async (_tx, { subjectIds }) => void shifts.push(subjectIds))
  const roles = async () => await Promise.all([access, other.access].map((one) => one.rolesOf(organisationId, bo.id)))
  assert.deepEqual(await roles(), [[], []])
  await giveRole(parts, by, { subject: outer, role: 'writer', reason })
  assert.deepEqual(await roles(), [['writer'], ['writer']])
  await leaveGroup(parts, by, outer, { member: inner, reason })
  assert.deepEqual(await roles(), [[], []])
  await join(by, outer, inner)
  assert.deepEqual(await roles(), [['writer'], ['writer']])
  await deleteGroup(parts, by, outer)
  assert.deepEqual(await roles(), [[], []])
  stop()
  assert.deepEqual(shifts, [[bo.id], [bo.id], [bo.id], [bo.id]])
})

test('a group of another organisation is not there', async () => {
  const { parts } = house
  const [by, stranger] = [await administrator(), await administrator()]
  const theirs = await group(by, 'theirs')
  const mine = await group(stranger, 'mine')
  const unknown = 'ACCESS_GROUP_UNKNOWN'
  await refused(join(stranger, theirs, stranger.id), unknown)
  await refused(leaveGroup(parts, stranger, theirs, { member: by.id, reason }), unknown)
  await refused(changeGroup(parts, stranger, theirs, { name: 'x' }), unknown)
  await refused(deleteGroup(parts, stranger, theirs), unknown)
  await refused(listMembers(parts, stranger.organisationId, theirs, {}), unknown)
  await refused(join(stranger, mine, theirs), 'ACCESS_SUBJECT_UNKNOWN')
  assert.deepEqual(
    (await listGroups(parts, stranger.organisationId, {})).items.map(({ id }) => id),
    [mine],
  )
})

test('names of groups are theirs alone in an organisation', async () => {
  const { parts } = house
  const [by, stranger] = [await administrator(), await administrator()]
  const one = await group(by, 'one')
  await group(stranger, 'one')
  await refused(createGroup(parts, by, { name: 'one' }), 'ACCESS_NAME_TAKEN')
  await group(by, 'two')
  await refused(changeGroup(parts, by, one, { name: 'two' }), 'ACCESS_NAME_TAKEN')
  await changeGroup(parts, by, one, { name: 'one', description: 'Still.' })
})

test('a service account may do nothing at first, and nothing while it is disabled', async () => {
  const { parts, access } = house
  const other = await house.another()
  const by = await administrator()
  const { organisationId } = by
  const account = await createServiceAccount(parts, by, { name: 'nightly' })
  assert.deepEqual(await access.rolesOf(organisationId, account.id), [])
  const one = await group(by, 'one')
  await giveRole(parts, by, { subject: one, role: 'writer', reason })
  await giveRole(parts, by, { subject: account.id, role: 'reader', reason })
  await join(by, one, account.id)
  assert.deepEqual(await access.rolesOf(organisationId, account.id), ['reader', 'writer'])
  assert.equal((await other.access.serviceAccount(organisationId, account.id))?.disabled, false)
  await changeServiceAccount(parts, by, account.id, { disabled: true })
  assert.equal((await other.access.serviceAccount(organisationId, account.id))?.disabled, true)
  assert.deepEqual(await access.standingOf(organisationId, account.id), {
    ...{ roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY },
  })
  const shown = await access.serviceAccount(organisationId, account.id)
  assert.deepEqual(shown, { id: account.id, name: 'nightly', disabled: true })
  assert.equal(await access.serviceAccount(newId('org'), account.id), null)
  await changeServiceAccount(parts, by, account.id, { disabled: false })
  assert.deepEqual(await access.rolesOf(organisationId, account.id), ['reader', 'writer'])
  await deleteServiceAccount(parts, by, account.id)
  assert.deepEqual(await access.rolesOf(organisationId, account.id), [])
  assert.deepEqual((await listServiceAccounts(parts, organisationId, {})).items, [])
})

test('nobody turns on, turns off or deletes a service account that may do more than they', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const account = await createServiceAccount(parts, boss, { name: 'nightly' })
  await giveRole(parts, boss, { subject: account.id, role: 'writer', reason })
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  await refused(changeServiceAccount(parts, helper, account.id, { disabled: true }), yours)
  await refused(deleteServiceAccount(parts, helper, account.id), yours)
  await changeServiceAccount(parts, boss, account.id, { disabled: true })
  await refused(changeServiceAccount(parts, helper, account.id, { disabled: false }), yours)
  await refused(deleteServiceAccount(parts, helper, account.id), yours, 'while it is disabled')
  await changeServiceAccount(parts, helper, account.id, { description: 'Runs at night.' })
  const stranger = await administrator()
  const unknown = 'ACCESS_SERVICE_ACCOUNT_UNKNOWN'
  await refused(changeServiceAccount(parts, stranger, account.id, { name: 'x' }), unknown)
  await refused(deleteServiceAccount(parts, stranger, account.id), unknown)
  await refused(createServiceAccount(parts, boss, { name: 'nightly' }), 'ACCESS_NAME_TAKEN')
})

test('what somebody has is exported, and gone once they are erased', async () => {
  const { parts, access, context, opened } = house
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId)
  const one = await group(by, 'one')
  await giveRole(parts, by, { subject: bo.id, role: 'writer', reason: 'covers for Ann' })
  await join(by, one, bo.id)
  const { subjectData } = access.grants
  const data = await subjectData.export(organisationId, bo.id)
  assert.match(JSON.stringify(data), /writer.*covers for Ann.*grp_/)
  const erase = () => context.database.transaction((tx) => subjectData.erase(tx, organisationId, bo.id))
  await erase()
  await erase()
  assert.deepEqual(await subjectData.export(organisationId, bo.id), { assignments: [], memberships: [] })
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), [])
  for (const table of ['assignment', 'membership', 'approval', 'review_item'])
    assert.equal(JSON.stringify(await opened.asOwner(`select * from access.${table}`)).includes(bo.id), false, table)
})
