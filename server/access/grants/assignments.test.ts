import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import { giveRole } from './give-role.ts'
import { listAssignments } from './list.ts'
import { takeRole } from './take-role.ts'
import type { GrantsHouse } from './testing.ts'
import { directoryOf, openGrantsHouse, reason, refused, setRoles } from './testing.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse()
})
after(() => house.close())

const minute = 60_000
const inMs = (ms: number) => new Date(house.context.clock.nowMs() + ms).toISOString()
const administrator = async (organisationId = newId('org')) => await house.person(organisationId, ['administrator'])

test('an assignment ends at its moment without anybody doing anything, and what is remembered of it too', async () => {
  const { parts, access, context } = house
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId, ['member'])
  await giveRole(parts, by, { subject: bo.id, role: 'writer', expiresAt: inMs(minute), reason })
  const standing = await access.standingOf(organisationId, bo.id)
  assert.deepEqual(standing, { roles: ['member', 'writer'], groups: [], untilMs: context.clock.nowMs() + minute })
  context.clock.advance(minute - 1)
  assert.ok((await access.rolesOf(organisationId, bo.id)).includes('writer'))
  context.clock.advance(1)
  assert.deepEqual(await access.standingOf(organisationId, bo.id), {
    ...{ roles: ['member'], groups: [], untilMs: Number.POSITIVE_INFINITY },
  })
  assert.deepEqual((await listAssignments(parts, organisationId, { subject: bo.id })).items.length, 1)
  await refused(takeRole(parts, by, { subject: bo.id, role: 'writer', reason }), 'ACCESS_ASSIGNMENT_UNKNOWN')
})

test('a role that was taken is gone on the next request in both of two processes', async () => {
  const { parts, access } = house
  const other = await house.another()
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId)
  await giveRole(parts, by, { subject: bo.id, role: 'writer', reason })
  for (const one of [access, other.access]) assert.deepEqual(await one.rolesOf(organisationId, bo.id), ['writer'])
  await takeRole(other.parts, by, { subject: bo.id, role: 'writer', reason })
  for (const one of [access, other.access]) assert.deepEqual(await one.rolesOf(organisationId, bo.id), [])
})

test('nobody gives or takes what they do not have, themselves included', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const bo = await house.person(boss.organisationId, ['writer'])
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  for (const subject of [helper.id, bo.id, 'inbox'])
    for (const role of ['administrator', 'writer', 'treasurer'])
      await refused(giveRole(parts, helper, { subject, role, reason }), yours, `${subject} ${role}`)
  await refused(takeRole(parts, helper, { subject: bo.id, role: 'writer', reason }), yours)
  await refused(takeRole(parts, helper, { subject: boss.id, role: 'administrator', reason }), yours)
  await giveRole(parts, helper, { subject: bo.id, role: 'reader', reason })
  await takeRole(parts, helper, { subject: bo.id, role: 'reader', reason })
})

test('what somebody has for a time they give for no longer', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const bo = await house.person(boss.organisationId)
  await giveRole(parts, boss, { subject: helper.id, role: 'writer', expiresAt: inMs(minute), reason })
  const late = 'ACCESS_EXPIRY_TOO_LATE'
  await refused(giveRole(parts, helper, { subject: bo.id, role: 'writer', reason }), late)
  for (const expiresAt of [null, inMs(minute + 1)])
    await refused(giveRole(parts, helper, { subject: bo.id, role: 'writer', expiresAt, reason }), late)
  // Nor do they make their own last.
  await refused(giveRole(parts, helper, { subject: helper.id, role: 'writer', reason }), late)
  await giveRole(parts, helper, { subject: bo.id, role: 'writer', expiresAt: inMs(minute), reason })
})

test('an expiry that is not in the future is refused', async () => {
  const { parts } = house
  const by = await administrator()
  const bo = await house.person(by.organisationId)
  for (const expiresAt of [inMs(0), inMs(-1), '1970-01-01T00:00:00.000Z'])
    await refused(giveRole(parts, by, { subject: bo.id, role: 'reader', expiresAt, reason }), 'ACCESS_EXPIRY_PAST')
})

test('only who is of the organisation is given something', async () => {
  const { parts, access } = house
  const by = await administrator()
  const stranger = await house.person(newId('org'))
  access.lendDirectory(directoryOf(new Map([[by.id, 'active']])))
  try {
    for (const subject of [stranger.id, newId('usr'), newId('grp'), newId('svc')])
      await refused(giveRole(parts, by, { subject, role: 'reader', reason }), 'ACCESS_SUBJECT_UNKNOWN', subject)
  } finally {
    access.lendDirectory(null as never)
  }
})

test('the roles of machines are given to no person and no group', async () => {
  const { parts } = house
  const by = await administrator()
  const bo = await house.person(by.organisationId)
  for (const role of ['application', 'verifier', 'wizard'])
    await refused(giveRole(parts, by, { subject: bo.id, role, reason }), 'ACCESS_ROLE_UNKNOWN')
})

test('the last administrator stays: by themselves, for good and able to sign in', async () => {
  const { parts, access, context } = house
  const boss = await administrator()
  const { organisationId } = boss
  const last = 'ACCESS_LAST_ADMINISTRATOR'
  const resign = { subject: boss.id, role: 'administrator', reason }
  await refused(takeRole(parts, boss, resign), last, 'alone')
  await refused(giveRole(parts, boss, { ...resign, expiresAt: inMs(minute) }), last, 'for a time')
  const second = await house.person(organisationId)
  await giveRole(parts, boss, { ...resign, subject: second.id, expiresAt: inMs(minute) })
  await refused(takeRole(parts, boss, resign), last, 'the other is so for a time')
  await giveRole(parts, boss, { ...resign, subject: 'inbox' })
  await refused(takeRole(parts, boss, resign), last, 'the other is an application')
  await giveRole(parts, boss, { ...resign, subject: second.id })
  for (const state of ['invited', 'disabled'] as const) {
    access.lendDirectory(
      directoryOf(
        new Map([
          [boss.id, 'active'],
          [second.id, state],
        ]),
      ),
    )
    await refused(takeRole(parts, boss, resign), last, state)
  }
  access.lendDirectory(null as never)
  const both = await Promise.allSettled([
    takeRole(parts, boss, resign),
    takeRole(parts, second, { ...resign, subject: second.id }),
    setRoles(access, context, { organisationId, subjectId: second.id, roles: [] }),
  ])
  assert.ok(both.some(({ status }) => status === 'rejected'))
  const left = await listAssignments(parts, organisationId, { role: 'administrator' })
  assert.equal(left.items.filter(({ subject }) => subject.startsWith('usr_')).length, 1)
})

test('replacing roles leaves those for a time alone, and makes one last that is asked for', async () => {
  const { parts, access, context } = house
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId, ['member'])
  const set = async (roles: string[]) => await setRoles(access, context, { organisationId, subjectId: bo.id, roles })
  await giveRole(parts, by, { subject: bo.id, role: 'writer', expiresAt: inMs(minute), reason })
  await set([])
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), ['writer'])
  assert.deepEqual((await access.rolesOfMany(organisationId, [bo.id])).get(bo.id), [])
  await set(['writer'])
  assert.equal((await access.standingOf(organisationId, bo.id)).untilMs, Number.POSITIVE_INFINITY)
})

test('a change raises the revision once, tells who listens, and one that fails does neither', async () => {
  const { parts, access, opened } = house
  const by = await administrator()
  const { organisationId } = by
  const bo = await house.person(organisationId)
  const number = async () =>
    Number(
      (await opened.asOwner(`select number from access.revision where organisation_id = '${organisationId}'`))[0]
        ?.number,
    )
  const heard: unknown[] = []
  const stop = access.onShift(async (_tx, shift) => void heard.push(shift))
  const before = await number()
  await giveRole(parts, by, { subject: bo.id, role: 'writer', reason })
  assert.equal(await number(), before + 1)
  assert.deepEqual(heard, [{ organisationId, subjectIds: [bo.id], raised: true }])
  stop()
  const failing = access.onShift(async () => {
    throw new Error('undone')
  })
  await assert.rejects(takeRole(parts, by, { subject: bo.id, role: 'writer', reason }), /undone/)
  failing()
  assert.equal(await number(), before + 1)
  assert.deepEqual(await access.rolesOf(organisationId, bo.id), ['writer'])
})

test('assignments are listed with their reason, by subject, role and whether they end, in pages', async () => {
  const { parts, opened } = house
  const by = await administrator()
  const { organisationId } = by
  const people = await Promise.all([1, 2, 3].map(() => house.person(organisationId, ['member'])))
  for (const { id } of people)
    await giveRole(parts, by, { subject: id, role: 'writer', expiresAt: inMs(minute), reason: 'covers for Ann' })
  const all: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await listAssignments(parts, organisationId, { limit: 2, ...(cursor === '' ? {} : { cursor }) })
    all.push(...page.items.map((one) => `${one.subject} ${one.role}`))
    cursor = page.next ?? undefined
  }
  assert.equal(new Set(all).size, 7)
  assert.equal(all.length, 7)
  const ending = await listAssignments(parts, organisationId, { expiring: true })
  assert.deepEqual(new Set(ending.items.map((one) => one.reason)), new Set(['covers for Ann']))
  assert.equal(ending.items.length, 3)
  const rows = await opened.asOwner(`select reason_sealed from access.assignment where reason_sealed is not null`)
  for (const row of rows) assert.equal((row.reason_sealed as Buffer).includes('Ann'), false)
  assert.deepEqual((await listAssignments(parts, newId('org'), {})).items, [])
})

test('a reason that was moved to another row does not open', async () => {
  const { parts, opened } = house
  const by = await administrator()
  const [bo, cy] = [await house.person(by.organisationId), await house.person(by.organisationId)]
  for (const { id } of [bo, cy]) await giveRole(parts, by, { subject: id, role: 'writer', reason })
  await opened.asOwner(`update access.assignment set reason_sealed = (
    select reason_sealed from access.assignment where subject_id = '${bo.id}') where subject_id = '${cy.id}'`)
  await refused(listAssignments(parts, by.organisationId, { subject: cy.id }), 'ENVELOPE_INVALID')
})

test('whoever may do more, or for longer, is told apart', async () => {
  const { parts, access, context } = house
  const boss = await administrator()
  const { organisationId } = boss
  const helper = await house.person(organisationId, ['helper'])
  const bo = await house.person(organisationId, ['reader'])
  const exceeds = (subjectId: string) => context.database.transaction((tx) => access.exceeds(tx, helper, subjectId))
  assert.equal(await exceeds(bo.id), null)
  await giveRole(parts, boss, { subject: bo.id, role: 'writer', expiresAt: inMs(minute), reason })
  assert.equal(await exceeds(bo.id), 'mail:write')
  await giveRole(parts, boss, { subject: helper.id, role: 'writer', expiresAt: inMs(minute), reason })
  assert.equal(await exceeds(bo.id), null)
  await giveRole(parts, boss, { subject: bo.id, role: 'writer', reason })
  assert.equal(await exceeds(bo.id), 'mail:write')
})
