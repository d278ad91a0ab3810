import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import { refused } from '../grants/testing.ts'
import { tuple } from '../relations/testing.ts'
import { listSubjects } from './list-subjects.ts'
import {
  assign,
  box,
  facts,
  group,
  join,
  list,
  listBoxes,
  listed,
  makeWorld,
  needsWith,
  nowMs,
  openLists,
  point,
  policies,
  policiesOf,
  share,
  sow,
  whole,
} from './list-testing.ts'
import type { What, Who } from './question.ts'

const worlds = 2_000
/** Worlds at once: each mostly waits for the database. */
const lanes = 4
let close: () => Promise<void>
before(async () => {
  const opened = await openLists()
  close = () => opened.close()
})
after(() => close())

test('people by a role are listed, directly and by groups in groups, and not those whose time is over', async () => {
  const [organisationId, other] = [newId('org'), newId('org')]
  const [own, nested, late] = [newId('usr'), newId('usr'), newId('usr')]
  const [lateIn, lateBetween, elsewhere] = [newId('usr'), newId('usr'), newId('usr')]
  const [outer, inner, gone] = [newId('grp'), newId('grp'), newId('grp')]
  await sow(
    ...[outer, inner, gone].map((id) => group(organisationId, id)),
    assign(organisationId, own, 'writer'),
    assign(organisationId, outer, 'reader'),
    join(organisationId, outer, inner),
    join(organisationId, inner, nested),
    join(organisationId, inner, lateIn, nowMs()),
    join(organisationId, outer, gone, nowMs() - 1),
    join(organisationId, gone, lateBetween),
    assign(organisationId, late, 'reader', nowMs()),
    assign(other, elsewhere, 'reader'),
    assign(organisationId, 'reports', 'reader'),
  )
  const expected = [own, nested].sort()
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'user'), expected)
  assert.deepEqual(await list(organisationId, 'mail:read', box(organisationId, '1'), 'user', 1), expected)
  assert.deepEqual(await list(organisationId, 'mail:write', whole(organisationId), 'user'), [own])
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'application'), ['reports'])
  assert.deepEqual(await list(organisationId, 'pay:approve', whole(organisationId), 'user'), [])
})

test('another organisation’s people are listed to nobody, whatever is asked', async () => {
  const [organisationId, other] = [newId('org'), newId('org')]
  const bo = newId('usr')
  await sow(assign(other, bo, 'reader'))
  listed.set(other, [bo])
  policies.set(organisationId, policiesOf('permit(principal, action, resource);'))
  for (const what of [whole(other), box(other, '1')])
    assert.deepEqual(await list(organisationId, 'mail:read', what, 'user'), [])
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'user'), [])
})

test('whom a group, a role or everyone stands for in a share is listed, and whoever is not known is not', async () => {
  const organisationId = newId('org')
  const [bo, ann, cy] = [newId('usr'), newId('usr'), newId('usr')].sort() as [string, string, string]
  const of = newId('grp')
  await sow(group(organisationId, of), join(organisationId, of, bo), assign(organisationId, ann, 'treasurer'))
  listed.set(organisationId, [bo, ann, cy])
  await share(organisationId, [
    tuple(`mail:box/1#reader@group:${of}`),
    tuple('mail:box/1#reader@role:treasurer'),
    tuple('mail:box/2#reader@user:*'),
    tuple(`mail:box/2#banned@user:${cy}`),
    tuple(`mail:box/3#reader@user:${cy}`, { condition: { assurance: 2 } }),
  ])
  const about = (id: string) => list(organisationId, 'mail:read', box(organisationId, id), 'user')
  assert.deepEqual([await about('1'), await about('2'), await about('3')], [[bo, ann], [bo, ann], []])
  const known = needsWith(async () => (id) => id === ann)
  assert.deepEqual(await list(organisationId, 'mail:read', box(organisationId, '1'), 'user', 9, known), [ann])
})

test('where a policy can permit it everybody is looked at, a bounded number a page; a forbid takes from every list', async () => {
  const organisationId = newId('org')
  const people = Array.from({ length: 1_100 }, () => newId('usr')).sort()
  const few = [people[700], people[1_050]] as string[]
  listed.set(organisationId, people)
  const permit = few.map((id) => `permit(principal == Custodia::User::"${id}", action, resource);`).join('\n')
  policies.set(organisationId, policiesOf(permit))
  const asked = {
    organisationId,
    kind: 'user',
    permission: 'mail:read',
    what: whole(organisationId),
    facts: facts(),
  } as const
  const first = await listSubjects(needsWith(), asked, { limit: 50 })
  assert.deepEqual(first.items, [])
  assert.notEqual(first.next, null)
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'user'), few)
  policies.set(
    organisationId,
    policiesOf(`${permit}\nforbid(principal == Custodia::User::"${few[0]}", action, resource);`),
  )
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'user'), [few[1]])
  policies.set(organisationId, policiesOf('permit(principal, action == Custodia::Action::"mail:send", resource);'))
  assert.deepEqual(await list(organisationId, 'mail:read', whole(organisationId), 'user'), [])
})

test('a cursor serves the question that it came from, and no other', async () => {
  const organisationId = newId('org')
  for (let n = 0; n < 3; n++) await sow(assign(organisationId, newId('usr'), 'writer'))
  const asked = {
    organisationId,
    kind: 'user',
    permission: 'mail:read',
    what: whole(organisationId),
    facts: facts(),
  } as const
  const { next } = await listSubjects(needsWith(), asked, { limit: 1 })
  const cursor = next as string
  const other = newId('org')
  for (const wrong of [
    { ...asked, permission: 'mail:write' },
    { ...asked, kind: 'service' as const },
    { ...asked, what: box(organisationId, '1') },
    { ...asked, organisationId: other, what: whole(other) },
  ])
    await refused(listSubjects(needsWith(), wrong, { limit: 1, cursor }), 'ACCESS_CURSOR_INVALID')
  assert.equal((await listSubjects(needsWith(), asked, { limit: 9, cursor })).items.length, 2)
})

test('what is shared with more groups than can be looked at is refused with a code', async () => {
  const organisationId = newId('org')
  await share(
    organisationId,
    Array.from({ length: 1_001 }, (_one, n) => tuple(`mail:box/1#reader@group:grp_${n}`)),
  )
  await refused(list(organisationId, 'mail:read', box(organisationId, '1'), 'user'), 'ACCESS_RELATIONS_TOO_WIDE')
})

test(`in ${worlds} random worlds a list has exactly what a check allows: of subjects and of resources`, async () => {
  let found = 0
  const inWorld = async (seed: number) => {
    const { organisationId, of, boxes, pick } = await makeWorld(seed)
    const permission = pick(['mail:read', 'mail:write', 'mail:send', 'pay:see'])
    const what = pick([whole(organisationId), box(organisationId, '1'), box(organisationId, '2')])
    const limit = pick([1, 2, 100])
    const allows = async (who: Who, about: What) =>
      (await point.check({ who, permission, what: about, facts: facts() }, { log: false })).allowed
    for (const kind of ['user', 'service', 'application'] as const) {
      // Of applications there is no list: those that a policy permits and nothing names are none of it.
      if (kind === 'application' && policies.has(organisationId)) continue
      const expected: string[] = []
      for (const id of [...of[kind]].sort()) if (await allows({ kind, id, organisationId }, what)) expected.push(id)
      found += expected.length
      const about = `world ${seed}: ${kind} ${permission} ${what.type}/${what.id}`
      const known = needsWith(async () => (id) => (of[kind] as readonly string[]).includes(id))
      assert.deepEqual(await list(organisationId, permission, what, kind, limit, known), expected, about)
    }
    const who = { kind: 'user', id: pick(of.user), organisationId } as const
    const { items, everything } = await listBoxes(who, permission, limit)
    const theirs: string[] = []
    for (const id of boxes) if (await allows(who, box(organisationId, id))) theirs.push(id)
    found += theirs.length
    assert.equal(everything, await allows(who, whole(organisationId)), `world ${seed}: everything`)
    // Whoever may do it with every resource gets those that are named to them, and the word.
    if (everything) assert.ok(items.every((id) => theirs.includes(id)))
    else assert.deepEqual(items, theirs, `world ${seed}: ${permission} of ${who.id}`)
  }
  let next = 1
  const lane = async () => {
    while (next <= worlds) await inWorld(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  assert.ok(found > worlds, `${found} were found`)
})
