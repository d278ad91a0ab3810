import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import { approve, askToUnmark, refuseApproval } from './decide-approval.ts'
import { giveRole } from './give-role.ts'
import { joinGroup } from './join-group.ts'
import { listApprovals } from './list.ts'
import { takeRole } from './take-role.ts'
import type { GrantsHouse } from './testing.ts'
import { directoryOf, keyOf, openGrantsHouse, reason, refused, setRoles } from './testing.ts'
import { createGroup } from './write-group.ts'
import { changeRole, createRole, deleteRole } from './write-role.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse(['treasurer'])
})
after(() => house.close())

const minute = 60_000
const week = 7 * 24 * 60 * minute
const inMs = (ms: number) => new Date(house.context.clock.nowMs() + ms).toISOString()
const administrator = async (organisationId = newId('org')) => await house.person(organisationId, ['administrator'])

/** Two administrators of one organisation, and somebody who has nothing. */
async function three() {
  const one = await administrator()
  const { organisationId } = one
  return { organisationId, one, two: await administrator(organisationId), bo: await house.person(organisationId) }
}
type By = Awaited<ReturnType<typeof administrator>>
const ask = async (by: By, subject: string, expiresAt: string | null = null): Promise<string> => {
  const given = await giveRole(house.parts, by, { subject, role: 'treasurer', expiresAt, reason: 'year end' })
  return 'waits' in given ? given.waits.id : assert.fail('nobody was asked')
}

test('a privileged role is given once a second administrator agrees, and not before', async () => {
  const { access, parts, context } = house
  const { organisationId, one, two, bo } = await three()
  const id = await ask(one, bo.id, inMs(minute))
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), [])
  const waiting = await listApprovals(parts, organisationId, { waiting: true })
  assert.deepEqual(
    waiting.items.map(({ subject, target, askedBy, reason }) => [subject, target, askedBy, reason]),
    [[bo.id, 'treasurer', one.id, 'year end']],
  )
  const row = await approve(parts, two, id)
  assert.deepEqual([row.outcome, row.decided_by], ['approved', two.id])
  assert.deepEqual(await access.standingOf(organisationId, bo.id), {
    ...{ roles: ['treasurer'], groups: [], untilMs: context.clock.nowMs() + minute },
  })
  assert.deepEqual((await listApprovals(parts, organisationId, { waiting: true })).items, [])
  assert.equal((await listApprovals(parts, organisationId, {})).items.length, 1)
})

test('whoever asked and whoever gains can not agree, by a group neither', async () => {
  const { parts } = house
  const { one, two, organisationId } = await three()
  const notYours = 'ACCESS_APPROVAL_NOT_YOURS'
  await refused(approve(parts, one, await ask(one, two.id)), notYours, 'asked')
  await refused(approve(parts, two, await ask(one, two.id)), notYours, 'gains')
  const { id: inner } = await createGroup(parts, one, { name: 'inner' })
  const { id: outer } = await createGroup(parts, one, { name: 'outer' })
  await joinGroup(parts, one, inner, { member: two.id, reason })
  await joinGroup(parts, one, outer, { member: inner, reason })
  await refused(approve(parts, two, await ask(one, outer)), notYours, 'gains by a group')
  const third = await administrator(organisationId)
  await approve(parts, third, await ask(one, outer))
})

test('who agrees has the right themselves, and who asked still has it', async () => {
  const { parts, access, context } = house
  const { organisationId, one, two, bo } = await three()
  const helper = await house.person(organisationId, ['helper'])
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  await refused(ask(helper, bo.id), yours, 'asks')
  const id = await ask(one, bo.id)
  await refused(approve(parts, helper, id), yours, 'agrees')
  await setRoles(access, context, { organisationId, subjectId: one.id, roles: ['helper'] })
  await refused(approve(parts, two, id), yours, 'lost it since')
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), [])
  assert.equal((await listApprovals(parts, organisationId, { waiting: true })).items.length, 1)
})

test('what somebody asked for who can no longer sign in is over', async () => {
  const { parts, access } = house
  const { one, two, bo } = await three()
  const id = await ask(one, bo.id)
  const states = (state: 'active' | 'disabled') =>
    directoryOf(
      new Map([
        [one.id, state],
        [two.id, 'active'],
        [bo.id, 'active'],
      ]),
    )
  access.lendDirectory(states('disabled'))
  await refused(approve(parts, two, id), 'ACCESS_APPROVAL_OVER')
  access.lendDirectory(states('active'))
  await approve(parts, two, id)
  access.lendDirectory(null as never)
})

test('neither a key nor an application asks or agrees', async () => {
  const { parts } = house
  const { organisationId, one, two, bo } = await three()
  const key = keyOf(two, ['access:*', 'pay:*'])
  const application: Principal = {
    ...{ kind: 'application', id: 'inbox', organisationId, roles: ['administrator'], keyId: newId('key') },
  }
  const id = await ask(one, bo.id)
  for (const by of [key, application]) {
    await refused(giveRole(parts, by, { subject: bo.id, role: 'treasurer', reason }), 'ACCESS_PERSON_NEEDED')
    await refused(approve(parts, by, id), 'ACCESS_PERSON_NEEDED')
  }
})

test('of many who decide at once one does, and what was decided or has run out is over', async () => {
  const { parts, access, context } = house
  const { organisationId, one, two, bo } = await three()
  const others = await Promise.all([1, 2, 3].map(() => administrator(organisationId)))
  const id = await ask(one, bo.id)
  const all = await Promise.allSettled([...others.map((by) => approve(parts, by, id)), refuseApproval(parts, two, id)])
  assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
  await refused(approve(parts, two, id), 'ACCESS_APPROVAL_OVER')
  await refused(refuseApproval(parts, two, id), 'ACCESS_APPROVAL_OVER')

  const cy = await house.person(organisationId)
  const late = await ask(one, cy.id)
  context.clock.advance(week)
  await refused(approve(parts, two, late), 'ACCESS_APPROVAL_OVER')
  assert.deepEqual(await access.rolesOf(organisationId, cy.id), [])
})

test('what was refused or taken back is not done, and the ledger says who said what', async () => {
  const { parts, access, context } = house
  const { organisationId, one, two, bo } = await three()
  await refuseApproval(parts, two, await ask(one, bo.id))
  await refuseApproval(parts, one, await ask(one, bo.id))
  const decided = context.events.filter(
    (event) => event.type === 'access.approval.decided' && event.organisationId === organisationId,
  )
  assert.deepEqual(
    decided.map(({ actor, data }) => [actor, data.outcome, data.askedBy]),
    [
      [{ kind: 'user', id: two.id }, 'refused', one.id],
      [{ kind: 'user', id: one.id }, 'withdrawn', one.id],
    ],
  )
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), [])
})

test('an approval of another organisation is not there', async () => {
  const { parts } = house
  const { one, bo } = await three()
  const id = await ask(one, bo.id)
  const stranger = await administrator()
  await refused(approve(parts, stranger, id), 'ACCESS_APPROVAL_UNKNOWN')
  await refused(refuseApproval(parts, stranger, id), 'ACCESS_APPROVAL_UNKNOWN')
  assert.deepEqual((await listApprovals(parts, stranger.organisationId, {})).items, [])
})

test('every way to a privileged role waits: by a group, by a role that includes it, by one that does the same', async () => {
  const { parts, access } = house
  const { organisationId, one, two, bo } = await three()
  const roles = async () => await access.rolesOf(organisationId, bo.id)
  const { id: group } = await createGroup(parts, one, { name: 'treasury' })
  await approve(parts, two, await ask(one, group))
  const joined = await joinGroup(parts, one, group, { member: bo.id, reason })
  assert.ok('waits' in joined)
  const { id: inner } = await createGroup(parts, one, { name: 'inner' })
  await joinGroup(parts, one, inner, { member: bo.id, reason })
  assert.ok('waits' in (await joinGroup(parts, one, group, { member: inner, reason })))
  await createRole(parts, one, { name: 'over', summary: 'x', includes: ['treasurer'] })
  await createRole(parts, one, { name: 'same', summary: 'x', permissions: ['pay:see', 'pay:approve'] })
  for (const role of ['over', 'same'])
    assert.ok('waits' in (await giveRole(parts, one, { subject: bo.id, role, reason })), role)
  assert.deepEqual(await roles(), [])
  await approve(parts, two, joined.waits.id)
  assert.deepEqual(await roles(), ['treasurer'])
})

test('no role that somebody has grows into a privileged one', async () => {
  const { parts } = house
  const { one, bo } = await three()
  await createRole(parts, one, { name: 'low', summary: 'x' })
  await createRole(parts, one, { name: 'high', summary: 'x', includes: ['low'] })
  await giveRole(parts, one, { subject: bo.id, role: 'high', reason })
  const held = 'ACCESS_ROLE_PRIVILEGED_HELD'
  for (const name of ['low', 'high']) {
    await refused(changeRole(parts, one, name, { includes: ['treasurer'] }), held)
    await refused(changeRole(parts, one, name, { permissions: ['pay:see', 'pay:approve'] }), held)
  }
  await changeRole(parts, one, 'low', { permissions: ['pay:see'] })
  await refused(changeRole(parts, one, 'high', { permissions: ['pay:approve'], includes: ['low'] }), held)
})

test('a mark is taken away by two, and until then the role stands still', async () => {
  const { parts } = house
  const { one, two, bo } = await three()
  await createRole(parts, one, { name: 'part', summary: 'x', permissions: ['mail:read'] })
  await createRole(parts, one, { name: 'own', summary: 'x', includes: ['part'], privileged: true })
  const marked = 'ACCESS_ROLE_MARKED'
  await refused(changeRole(parts, one, 'own', { privileged: false }), marked)
  await refused(changeRole(parts, one, 'own', { includes: [] }), marked)
  await refused(changeRole(parts, one, 'own', { permissions: ['mail:send'] }), marked)
  await refused(changeRole(parts, one, 'part', { permissions: ['mail:read', 'mail:write'] }), marked, 'included')
  await refused(deleteRole(parts, one, 'own'), marked)
  await changeRole(parts, one, 'own', { summary: 'y' })
  const asked = await askToUnmark(parts, one, 'own', reason)
  await refused(approve(parts, one, asked.id), 'ACCESS_APPROVAL_NOT_YOURS')
  assert.ok('waits' in (await giveRole(parts, one, { subject: bo.id, role: 'own', reason })))
  await approve(parts, two, asked.id)
  assert.ok('assignment' in (await giveRole(parts, one, { subject: bo.id, role: 'own', reason })))
  await refused(askToUnmark(parts, one, 'own', reason), 'ACCESS_ROLE_UNMARKED')
  await refused(askToUnmark(parts, one, 'treasurer', reason), 'ACCESS_ROLE_FIXED')
})

test('a privileged role is made shorter by one alone, and longer by two; it is taken by one', async () => {
  const { parts } = house
  const { one, two, bo } = await three()
  await approve(parts, two, await ask(one, bo.id, inMs(2 * minute)))
  const give = async (expiresAt: string | null) =>
    await giveRole(parts, one, { subject: bo.id, role: 'treasurer', expiresAt, reason })
  assert.ok('waits' in (await give(inMs(3 * minute))))
  assert.ok('waits' in (await give(null)))
  assert.ok('assignment' in (await give(inMs(minute))))
  assert.ok('waits' in (await give(inMs(2 * minute))))
  await takeRole(parts, one, { subject: bo.id, role: 'treasurer', reason })
})

test('replacing roles gives no privileged one', async () => {
  const { access, context } = house
  const { organisationId, one, bo } = await three()
  const change = { organisationId, subjectId: bo.id, roles: ['treasurer'], by: one, actor: { kind: 'system' } } as const
  const asked = context.database.transaction((tx) => access.setRoles(tx, change))
  await refused(asked, 'ACCESS_APPROVAL_NEEDED')
})

test('a thousand things wait and no more', async () => {
  const { opened } = house
  const { organisationId, one, bo } = await three()
  await ask(one, bo.id)
  await opened.asOwner(`insert into access.approval select 'apv_' || i, organisation_id, kind, subject_id, target, until,
    reason_sealed, asked_by, asked_at, expires_at from access.approval, generate_series(1, 999) i
    where organisation_id = '${organisationId}'`)
  await refused(ask(one, bo.id), 'ACCESS_TOO_MANY')
})
