import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import { showStanding } from './show-standing.ts'
import type { GrantsHouse } from './testing.ts'
import { openGrantsHouse } from './testing.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse()
})
after(() => house.close())

const instant = (ms: number | null) => (ms === null ? 'null' : `'${new Date(ms).toISOString()}'`)

/** Groups that stand in each other as said, with roles: written past the rules, since what counts is what is there. */
async function world(rows: {
  in?: readonly [string, string, (number | null)?][]
  has?: readonly [string, string, (number | null)?][]
}) {
  const organisationId = newId('org')
  const ids = new Map<string, string>()
  const idOf = (name: string) => {
    if (!ids.has(name)) ids.set(name, newId(name.startsWith('p') ? 'usr' : 'grp'))
    return ids.get(name) as string
  }
  const named = [...(rows.in ?? []), ...(rows.has ?? []).map(([one]) => [one, one])].flatMap(
    (one) => one.slice(0, 2) as string[],
  )
  for (const name of new Set(named.filter((one) => !one.startsWith('p'))))
    await house.opened.asOwner(
      `insert into access.group_of_subjects values ('${idOf(name)}', '${organisationId}', '${name}', '', now())`,
    )
  for (const [member, group, until = null] of rows.in ?? [])
    await house.opened.asOwner(`insert into access.membership (organisation_id, group_id, member_id, added_at, expires_at)
      values ('${organisationId}', '${idOf(group)}', '${idOf(member)}', now(), ${instant(until)})`)
  for (const [subject, role, until = null] of rows.has ?? [])
    await house.opened.asOwner(`insert into access.assignment (organisation_id, subject_id, role, assigned_at, expires_at)
      values ('${organisationId}', '${idOf(subject)}', '${role}', now(), ${instant(until)})`)
  const nameOf = (id: string) => [...ids].find(([, one]) => one === id)?.[0] ?? id
  const show = async (name: string, where = organisationId) => {
    const { roles, groups } = await showStanding(house.parts, where, idOf(name))
    return {
      roles: roles.map(({ name: role, by, through, expiresAt }) => [
        role,
        by,
        through.map(nameOf).join(' '),
        expiresAt,
      ]),
      groups: groups.map(({ id, through, expiresAt }) => [nameOf(id), through.map(nameOf).join(' '), expiresAt]).sort(),
    }
  }
  return { show, organisationId, idOf }
}

const now = () => house.context.clock.nowMs()
const nothing = { roles: [], groups: [] }

test('whoever is unknown, elsewhere, or a service account that is disabled has nothing', async () => {
  const { show, organisationId } = await world({ has: [['p', 'reader']] })
  assert.deepEqual(await show('p', newId('org')), nothing)
  assert.deepEqual(await show('p2'), nothing)
  const [open, disabled] = [newId('svc'), newId('svc')]
  for (const id of [open, disabled]) {
    await house.opened.asOwner(`insert into access.service_account values
      ('${id}', '${organisationId}', '${id}', '', now(), ${id === disabled ? 'now()' : 'null'});
      insert into access.assignment (organisation_id, subject_id, role, assigned_at)
      values ('${organisationId}', '${id}', 'reader', now())`)
  }
  assert.deepEqual(await showStanding(house.parts, organisationId, disabled), nothing)
  assert.deepEqual(
    (await showStanding(house.parts, organisationId, open)).roles.map(({ name }) => name),
    ['reader'],
  )
})

test('each is told with the groups between, the nearest way first, and until when it holds', async () => {
  const soon = now() + 60_000
  const { show } = await world({
    in: [
      ['p', 'a', soon],
      ['a', 'b'],
      ['b', 'c'],
      ['p', 'c', now()],
      ['p', 'd'],
      ['d', 'c'],
    ],
    has: [
      ['p', 'reader', now()],
      ['b', 'writer'],
      ['c', 'reader'],
      ['p', 'gone'],
      ['a', 'treasurer', now() - 1],
    ],
  })
  const end = new Date(soon).toISOString()
  assert.deepEqual(await show('p'), {
    roles: [
      ['gone', 'gone', '', null],
      ['reader', 'reader', 'd c', null],
      ['writer', 'writer', 'a b', end],
    ],
    groups: [
      ['a', '', end],
      ['b', 'a', end],
      ['c', 'd', null],
      ['d', '', null],
    ],
  })
})

test('groups that stand in each other in a circle are told once, and the answer ends', async () => {
  const { show } = await world({
    in: [
      ['p', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ],
    has: [['b', 'reader']],
  })
  assert.deepEqual(await show('p'), {
    roles: [['reader', 'reader', 'a b', null]],
    groups: [
      ['a', '', null],
      ['b', 'a', null],
    ],
  })
})

test('what a role includes is told with the role that was assigned', async () => {
  const { show, organisationId } = await world({ has: [['p', 'night']] })
  await house.opened.asOwner(`insert into access.role values
    ('${organisationId}', 'night', 'Nights.', '{}', '{writer}', false, now(), now())`)
  assert.deepEqual((await show('p')).roles, [
    ['night', 'night', '', null],
    ['writer', 'night', '', null],
  ])
})
