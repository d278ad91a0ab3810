import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { ReviewOpen } from '@custodia/wire/http/access.ts'
import { newId } from '../../platform/random.ts'
import { closeDueReviews, endReview } from './close-review.ts'
import { decideReview } from './decide-review.ts'
import { giveRole } from './give-role.ts'
import { joinGroup, leaveGroup } from './join-group.ts'
import { listItems, listReviews } from './list.ts'
import { openReview } from './open-review.ts'
import { sweep } from './sweep.ts'
import { takeRole } from './take-role.ts'
import type { GrantsHouse } from './testing.ts'
import { openGrantsHouse, reason, refused } from './testing.ts'
import { createGroup } from './write-group.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse([])
})
after(() => house.close())

const minute = 60_000
const inMs = (ms: number) => new Date(house.context.clock.nowMs() + ms).toISOString()
const administrator = async (organisationId = newId('org')) => await house.person(organisationId, ['administrator'])
type By = Awaited<ReturnType<typeof administrator>>
const open = async (by: By, more: Partial<ReviewOpen> = {}) =>
  (await openReview(house.parts, by, { name: 'Autumn', dueAt: inMs(minute), undecided: 'keep', ...more })).id
const decide = async (by: By, id: string, subject: string, decision: 'keep' | 'remove', target = 'writer') =>
  await decideReview(house.parts, by, id, {
    ...{ kind: target.startsWith('grp_') ? 'membership' : 'assignment', subject, target, decision },
  })
const closeAll = async () => await closeDueReviews(house.parts).run(new AbortController().signal)
const outcomes = async (by: By, id: string) =>
  new Map(
    (await listItems(house.parts, by.organisationId, id, {})).items.map((one) => [
      `${one.subject} ${one.target}`,
      one.outcome,
    ]),
  )

for (const undecided of ['keep', 'remove'] as const) {
  test(`what was decided is carried out when a campaign is due, and silence means ${undecided}`, async () => {
    const { parts, access, context } = house
    const by = await administrator()
    const { organisationId } = by
    const [bo, cy, di] = [1, 2, 3].map(() => house.person(organisationId, ['writer']))
    const [kept, removed, silent] = [(await bo)?.id as string, (await cy)?.id as string, (await di)?.id as string]
    const id = await open(by, { undecided, role: 'writer' })
    await decide(by, id, kept, 'remove')
    await decide(by, id, kept, 'keep')
    await decide(by, id, removed, 'remove')
    assert.deepEqual(await access.rolesOf(organisationId, removed), ['writer'], 'not before it is due')
    await closeAll()
    assert.deepEqual(await access.rolesOf(organisationId, removed), ['writer'], 'nothing is due')
    context.clock.advance(minute)
    await refused(decide(by, id, removed, 'keep'), 'ACCESS_REVIEW_OVER')
    await closeAll()
    await closeAll()
    const silence = undecided === 'keep'
    assert.deepEqual(await access.rolesOf(organisationId, kept), ['writer'])
    assert.deepEqual(await access.rolesOf(organisationId, removed), [])
    assert.deepEqual(await access.rolesOf(organisationId, silent), silence ? ['writer'] : [])
    assert.equal((await outcomes(by, id)).get(`${silent} writer`), silence ? 'kept' : 'removed')
    const closed = context.events.filter(({ type, data }) => type === 'access.review.closed' && data.review === id)
    assert.deepEqual(
      closed.map(({ data }) => data),
      [{ review: id, kept: silence ? 2 : 1, removed: silence ? 1 : 2, gone: 0, lastAdministrator: 0, undecided: 1 }],
    )
    assert.notEqual((await listReviews(parts, organisationId, {})).items[0]?.closedAt, null)
  })
}

test('memberships are reviewed too, and what was given anew meanwhile is left alone', async () => {
  const { parts, access, context } = house
  const by = await administrator()
  const { organisationId } = by
  const { id: group } = await createGroup(parts, by, { name: 'one' })
  await giveRole(parts, by, { subject: group, role: 'writer', reason })
  const [bo, cy, di] = [
    await house.person(organisationId),
    await house.person(organisationId),
    await house.person(organisationId),
  ]
  for (const { id } of [bo, cy, di]) await joinGroup(parts, by, group, { member: id, reason })
  const id = await open(by, { group, undecided: 'remove' })
  context.clock.advance(1_000)
  await leaveGroup(parts, by, group, { member: cy.id, reason })
  await joinGroup(parts, by, group, { member: cy.id, reason })
  await leaveGroup(parts, by, group, { member: di.id, reason })
  await endReview(parts, by, id)
  assert.deepEqual(
    [...(await outcomes(by, id))].sort(),
    [
      [`${bo.id} ${group}`, 'removed'],
      [`${cy.id} ${group}`, 'gone'],
      [`${di.id} ${group}`, 'gone'],
    ].sort(),
  )
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), [])
  assert.deepEqual(await access.rolesOf(organisationId, cy.id), ['writer'])
  await refused(endReview(parts, by, id), 'ACCESS_REVIEW_OVER')
})

test('the last administrator stays, whatever was decided and not', async () => {
  const { parts, access } = house
  const by = await administrator()
  const second = await administrator(by.organisationId)
  const id = await open(by, { undecided: 'remove' })
  await endReview(parts, by, id)
  const left = [...(await outcomes(by, id)).values()].sort()
  assert.deepEqual(left, ['last-administrator', 'removed'])
  const roles = await Promise.all([by, second].map((one) => access.rolesOf(by.organisationId, one.id)))
  assert.deepEqual(roles.flat(), ['administrator'])
})

test('nobody decides about themselves, by a group neither', async () => {
  const { parts } = house
  const by = await administrator()
  const { id: group } = await createGroup(parts, by, { name: 'one' })
  await giveRole(parts, by, { subject: group, role: 'writer', reason })
  await joinGroup(parts, by, group, { member: by.id, reason })
  const id = await open(by)
  for (const decision of ['keep', 'remove'] as const) {
    await refused(decide(by, id, by.id, decision, 'administrator'), 'ACCESS_REVIEW_OWN')
    await refused(decide(by, id, group, decision), 'ACCESS_REVIEW_OWN')
    await refused(decide(by, id, by.id, decision, group), 'ACCESS_REVIEW_OWN')
  }
})

test('nobody removes by a review what they could not take, by silence neither', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const bo = await house.person(boss.organisationId, ['writer'])
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  for (const scope of [{}, { role: 'writer' }, { role: 'administrator' }])
    await refused(open(helper, { ...scope, undecided: 'remove' }), yours)
  const id = await open(helper)
  await refused(decide(helper, id, bo.id, 'remove'), yours)
  await refused(decide(helper, id, boss.id, 'remove', 'administrator'), yours)
  await decide(helper, id, bo.id, 'keep')
  await decide(boss, id, bo.id, 'remove')
  await refused(decide(helper, id, bo.id, 'keep'), yours, 'undoes what was decided')
  const silent = await open(boss, { undecided: 'remove' })
  await refused(endReview(parts, helper, silent), yours, 'cuts it short')
})

test('a review of another organisation is not there, and lists nothing of it', async () => {
  const { parts } = house
  const [by, stranger] = [await administrator(), await administrator()]
  const id = await open(by)
  const unknown = 'ACCESS_REVIEW_UNKNOWN'
  await refused(decide(stranger, id, by.id, 'remove', 'administrator'), unknown)
  await refused(endReview(parts, stranger, id), unknown)
  await refused(listItems(parts, stranger.organisationId, id, {}), unknown)
  const theirs = await open(stranger)
  assert.deepEqual([...(await outcomes(stranger, theirs)).keys()], [`${stranger.id} administrator`])
  await refused(open(stranger, { group: newId('grp') }), 'ACCESS_REVIEW_EMPTY')
})

test('what a review does not list, one that is over and a date that has passed are refused', async () => {
  const { parts, context } = house
  const by = await administrator()
  const bo = await house.person(by.organisationId, ['writer'])
  await refused(open(by, { dueAt: inMs(0) }), 'ACCESS_EXPIRY_PAST')
  await refused(open(by, { role: 'reader' }), 'ACCESS_REVIEW_EMPTY')
  const id = await open(by, { role: 'writer' })
  await refused(decide(by, id, bo.id, 'keep', 'reader'), 'ACCESS_REVIEW_ITEM_UNKNOWN')
  await refused(decide(by, id, newId('usr'), 'keep'), 'ACCESS_REVIEW_ITEM_UNKNOWN')
  await takeRole(parts, by, { subject: bo.id, role: 'writer', reason })
  await decide(by, id, bo.id, 'remove')
  context.clock.advance(minute)
  await refused(endReview(parts, by, id), 'ACCESS_REVIEW_OVER')
  await closeAll()
  assert.equal((await outcomes(by, id)).get(`${bo.id} writer`), 'gone')
})

test('a campaign lists five thousand and no more, and is carried out in steps that can be stopped', async () => {
  const { parts, opened, access, context } = house
  const by = await administrator()
  const { organisationId } = by
  const add = (from: number, to: number) =>
    opened.asOwner(`insert into access.assignment (organisation_id, subject_id, role, assigned_at)
      select '${organisationId}', 'app-' || i, 'reader', now() from generate_series(${from}, ${to}) i`)
  await add(1, 120)
  const id = await open(by, { role: 'reader', undecided: 'remove' })
  context.clock.advance(minute)
  const stopped = new AbortController()
  const stop = access.onShift(async () => stopped.abort())
  await closeDueReviews(parts).run(stopped.signal)
  stop()
  const left = async () =>
    Number(
      (await opened.asOwner(`select count(*) from access.assignment where organisation_id = '${organisationId}'`))[0]
        ?.count,
    )
  assert.equal(await left(), 71)
  await closeAll()
  assert.equal(await left(), 1)
  await add(1, 5_001)
  await refused(open(by, { role: 'reader' }), 'ACCESS_TOO_MANY')
  assert.equal((await listReviews(parts, organisationId, {})).items.length, 1)
  assert.ok(id.startsWith('rvw_'))
})

test('what ended a month ago is swept, and what ended today is not yet', async () => {
  const { parts, opened, context } = house
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId)
  const { id: group } = await createGroup(parts, by, { name: 'one' })
  const expiresAt = inMs(minute)
  await giveRole(parts, by, { subject: bo.id, role: 'writer', expiresAt, reason })
  await joinGroup(parts, by, group, { member: bo.id, expiresAt, reason })
  const rows = async () =>
    (
      await opened.asOwner(`select 1 from access.assignment where subject_id = '${bo.id}'
      union all select 1 from access.membership where member_id = '${bo.id}'`)
    ).length
  const run = async () => await sweep(parts).run(new AbortController().signal)
  context.clock.advance(2 * minute)
  await run()
  assert.equal(await rows(), 2)
  context.clock.advance(30 * 24 * 60 * minute)
  await run()
  assert.equal(await rows(), 0)
})
