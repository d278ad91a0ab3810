import assert from 'node:assert/strict'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { newId } from '../../platform/random.ts'
import type { GrantsHouse } from '../grants/testing.ts'
import { openGrantsHouse } from '../grants/testing.ts'
import type { LiveSource, PolicySetJson } from '../policies/api.ts'
import { livePolicies } from '../policies/live-cache.ts'
import type { Relations, Tuple } from '../relations/api.ts'
import { Cursors } from '../relations/cursor.ts'
import { createRelations } from '../relations/relations.ts'
import { addTuples } from '../relations/store.ts'
import { tuple, typesOf } from '../relations/testing.ts'
import { builtInOf } from './built-in.ts'
import { DecisionPoint } from './decision-point.ts'
import { listResources } from './list.ts'
import type { SubjectNeeds } from './list-subjects.ts'
import { listSubjects } from './list-subjects.ts'
import type { Facts, What, Who } from './question.ts'

const direct = ['user', 'user:*', 'group', 'role', 'service', 'application', 'team#member']
const types = typesOf('mail', {
  box: {
    relations: {
      owner: { is: { any: [{ direct }, { relation: 'owner', from: 'parent' }] }, permissions: ['mail:write'] },
      invited: { is: { direct } },
      banned: { is: { direct } },
      reader: {
        is: { base: { any: [{ direct }, { relation: 'owner' }] }, except: { relation: 'banned' } },
        permissions: ['mail:read'],
      },
      // Of two groups, neither of which has it by itself.
      sender: { is: { all: [{ direct }, { relation: 'invited' }] }, permissions: ['mail:send'] },
      parent: { is: { direct: ['box'] } },
    },
  },
  team: { relations: { member: { is: { direct: ['user', 'group', 'team#member'] } } } },
})

/** An organisation’s live policies, and its people who may sign in: said by the test, since the rooms that keep them are not asked. */
export const policies = new Map<string, PolicySetJson>()
export const listed = new Map<string, readonly string[]>()

let house: GrantsHouse
let relations: Relations
export let point: DecisionPoint

/** Real roles, groups and relations on a real database. */
export async function openLists(): Promise<{ close(): Promise<void> }> {
  house = await openGrantsHouse()
  const { context, access } = house
  relations = createRelations({ ...context, types, cursorKeys: () => new Uint8Array(32) })
  point = new DecisionPoint({
    ...{ types, relations, policies: source, grants: access.grants, bus: context.bus },
    builtIn: builtInOf(types),
    log: { note: () => assert.fail('a list is not logged') },
    revisionOf: () => 0,
  })
  access.lendDirectory({
    states: async () => new Map(),
    active: async (_queries, organisationId, past, limit) =>
      (listed.get(organisationId) ?? []).filter((id) => id > past).slice(0, limit),
  })
  return house
}

const source: LiveSource = {
  live: (organisationId) =>
    livePolicies(policies.has(organisationId) ? 1 : 0, {}, policies.get(organisationId) ?? { staticPolicies: {} }),
}
export const policiesOf = (text: string): PolicySetJson => {
  const parts = cedar.policySetTextToParts(text)
  if (parts.type !== 'success') throw new Error(JSON.stringify(parts))
  return {
    staticPolicies: Object.fromEntries(
      parts.policies.map((one, at) => {
        const json = cedar.policyToJson(one)
        if (json.type !== 'success') throw new Error(JSON.stringify(json))
        return [`policy/${at}`, json.json]
      }),
    ),
  }
}

type Kind = Who['kind']
export const nowMs = () => house.context.clock.nowMs()
export const facts = (): Facts => ({ nowMs: nowMs(), address: null, assurance: 1, factors: [], risk: 0, api: false })
const everyone = async () => () => true
export const needsWith = (areKnown: SubjectNeeds['areKnown'] = everyone): SubjectNeeds => ({
  ...{ point, relations, areKnown, policies: source, grants: house.access.grants, database: house.context.database },
  cursors: new Cursors(() => new Uint8Array(32), house.context.random),
})

/** Page by page until there is none. */
export async function list(
  organisationId: string,
  permission: string,
  what: What,
  kind: Kind,
  limit = 100,
  needs = needsWith(),
) {
  const all: string[] = []
  let cursor: string | null = null
  for (let turns = 0; turns < 100; turns++) {
    const asked = { organisationId, kind, permission, what, facts: facts() }
    const page: { items: readonly string[]; next: string | null } = await listSubjects(needs, asked, {
      limit,
      ...(cursor === null ? {} : { cursor }),
    })
    assert.ok(page.items.length <= limit)
    all.push(...page.items)
    cursor = page.next
    if (cursor === null) return all
  }
  return assert.fail('the pages do not end')
}
/** Every page of the boxes that somebody may do this with. */
export async function listBoxes(who: Who, permission: string, limit: number) {
  const items: string[] = []
  let cursor: string | null = null
  for (let turns = 0; turns < 100; turns++) {
    const slice = { limit, ...(cursor === null ? {} : { cursor }) }
    const page: Awaited<ReturnType<typeof listResources>> = await listResources(
      { ...needsWith(), relations, types, grants: house.access.grants },
      { who, permission, facts: facts() },
      'mail:box',
      slice,
    )
    assert.ok(page.items.length <= limit)
    items.push(...page.items)
    cursor = page.next
    if (cursor === null) return { items, everything: page.everything }
  }
  return assert.fail('the pages do not end')
}
export const whole = (organisationId: string): What => ({ type: null, id: organisationId, organisationId })
export const box = (organisationId: string, id: string): What => ({ type: 'mail:box', id, organisationId })

const instant = (ms: number | null) => (ms === null ? 'null' : `'${new Date(ms).toISOString()}'`)
let sown: Promise<unknown> = Promise.resolve()
// One statement each; `sow` runs several at once, and whoever sows meanwhile waits: there is one connection.
export const group = (organisationId: string, id: string) =>
  `insert into access.group_of_subjects values ('${id}', '${organisationId}', '${id}', '', now());`
export const join = (organisationId: string, groupId: string, id: string, untilMs: number | null = null) =>
  `insert into access.membership (organisation_id, group_id, member_id, added_at, expires_at)
   values ('${organisationId}', '${groupId}', '${id}', now(), ${instant(untilMs)}) on conflict do nothing;`
export const assign = (organisationId: string, id: string, role: string, untilMs: number | null = null) =>
  `insert into access.assignment (organisation_id, subject_id, role, assigned_at, expires_at)
   values ('${organisationId}', '${id}', '${role}', now(), ${instant(untilMs)}) on conflict do nothing;`
export async function sow(...statements: readonly string[]): Promise<void> {
  sown = sown.then(() => house.opened.asOwner(statements.join('\n')))
  await sown
}
export const share = (organisationId: string, tuples: readonly Tuple[]) =>
  addTuples(house.context.database.queries, organisationId, tuples, nowMs())

/** A small generator of its own, so that a world is its number (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const roles = ['reader', 'writer', 'treasurer', 'gone']
const shared = ['owner', 'reader', 'banned', 'invited', 'sender', 'sender']
const policyTexts = [
  'permit(principal, action == Custodia::Action::"mail:send", resource) when { context.assurance < 2 };',
  'forbid(principal in Custodia::Role::"treasurer", action, resource);',
  'forbid(principal, action == Custodia::Action::"mail:read", resource is Mail::Box) when { principal in resource.invited && context.assurance < 3 };',
  'permit(principal in Custodia::Role::"reader", action == Custodia::Action::"mail:write", resource);',
  'permit(principal, action, resource is Mail::Box) when { principal in resource.banned };',
]

/** One organisation, small enough that things meet. Written with plain SQL: what is refused when written is not what is tested. */
export async function makeWorld(seed: number) {
  const next = numbersFrom(seed)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item
  const organisationId = newId('org')
  const people = Array.from({ length: 5 }, () => newId('usr')).sort()
  const services = [newId('svc'), newId('svc')].sort()
  // Whoever is disabled is let in by nothing but what everyone may, and is nobody to whoever lists.
  const active = services.filter(() => next() < 0.7)
  const applications = ['reports', 're-port']
  const groups = [newId('grp'), newId('grp'), newId('grp')]
  const rows = groups.map((id) => group(organisationId, id))
  for (const id of services)
    rows.push(`insert into access.service_account values
      ('${id}', '${organisationId}', '${id}', '', now(), ${active.includes(id) ? 'null' : 'now()'});`)
  const subjects = [...people, ...services, ...applications]
  const until = () => (next() < 0.3 ? nowMs() + pick([-1_000, 0, 1, 60_000]) : null)
  for (let n = 0; n < 5; n++) rows.push(join(organisationId, pick(groups), pick(subjects), until()))
  // Upwards alone, so that there are no circles.
  for (const [inner, outer] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    if (next() < 0.4) rows.push(join(organisationId, groups[outer] as string, groups[inner] as string, until()))
  for (let n = 0; n < 3; n++) rows.push(assign(organisationId, pick([...subjects, ...groups]), pick(roles), until()))
  await sow(...rows)
  const named = [
    ...people.map((id) => `user:${id}`),
    ...groups.map((id) => `group:${id}`),
    ...services.map((id) => `service:${id}`),
    ...['application:reports', 'role:reader', 'role:gone', 'user:*', 'mail:team/1#member'],
  ]
  const tuples = new Map<string, Tuple>()
  const write = (text: string) => {
    const ends = until()
    tuples.set(
      text,
      tuple(text, {
        ...(ends === null || ends <= nowMs() ? {} : { expiresMs: ends }),
        ...(next() < 0.2 ? { condition: { assurance: pick([1, 2] as const) } } : {}),
      }),
    )
  }
  for (let n = 0; n < 9; n++) write(`mail:box/${pick(['1', '2'])}#${pick(shared)}@${pick(named)}`)
  if (next() < 0.5) write('mail:box/1#parent@mail:box/2')
  write(`mail:team/1#member@${pick([`user:${pick(people)}`, `group:${pick(groups)}`])}`)
  await share(organisationId, [...tuples.values()])
  const boxes = [...new Set([...tuples.values()].map(({ resource }) => resource))]
    .filter(({ type }) => type === 'mail:box')
    .map(({ id }) => id)
  if (next() < 0.5) policies.set(organisationId, policiesOf(policyTexts.filter(() => next() < 0.4).join('\n')))
  listed.set(organisationId, people)
  return {
    organisationId,
    of: { user: people, service: active, application: applications },
    boxes: [...new Set(boxes)].sort(),
    pick,
  }
}
