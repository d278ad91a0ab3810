import type { Circumstances, Condition, ResourceId, Standing, Subject, Tuple } from './api.ts'
import type { ResourceTypes } from './model.ts'
import { findRelation } from './model.ts'
import { typesOf } from './testing.ts'
import { textOf } from './write.ts'

/** One world with everything that can be in one, small enough that things meet. */
export type RandomWorld = {
  readonly types: ResourceTypes
  readonly tuples: readonly Tuple[]
  readonly resources: readonly ResourceId[]
  readonly subjects: readonly Subject[]
  standingOf(subject: Subject): Standing
  readonly circumstances: Circumstances
  /** Whether something excludes something. */
  readonly hasExclusions: boolean
  pick<Item>(items: readonly Item[]): Item
}

export const worldNowMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000

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

const typeNames = ['doc', 'folder', 'team'] as const
const relationNames = ['a', 'b', 'c', 'd'] as const
const kinds = ['user', 'user:*', 'group', 'role', 'service', 'team#a', 'team#b', 'folder#a', 'doc#c', 'folder', 'doc']

/** One that the circumstances decide alone, and one that the tuple and what is sent decide together. */
const conditions = {
  calm: 'context.risk < 100 || context.factors.contains("otp")',
  few: {
    when: 'context has application && context.application has n && context.application.n < context.parameters.most',
    parameters: { most: 'Long' },
  },
}

/** The same world for the same number, always. */
export function randomWorld(seed: number): RandomWorld {
  const next = numbersFrom(seed)
  const below = (most: number) => Math.floor(next() * most)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  const some = <Item>(most: number, make: () => Item): Item[] => Array.from({ length: 1 + below(most) }, make)

  const rewrite = (depth: number, direct: boolean): unknown => {
    const kind = below(depth > 2 ? 4 : 9)
    if (kind < 2 && direct) return { direct: [...new Set(some(4, () => pick(kinds)))] }
    if (kind < 3) return { relation: pick(relationNames) }
    if (kind < 4) return { relation: pick(relationNames), from: 'parent' }
    // One direct in each relation: only the first part may have it.
    const parts = Array.from({ length: 1 + below(3) }, (_one, index) => rewrite(depth + 1, direct && index === 0))
    if (kind < 6) return { any: parts }
    if (kind < 7) return { all: parts }
    const excepts = direct && next() < 0.6
    return {
      base: rewrite(depth + 1, direct && !excepts),
      except: excepts ? { direct: [...new Set(some(4, () => pick(kinds)))] } : rewrite(depth + 1, false),
    }
  }
  const relation = () => ({
    is:
      next() < 0.6
        ? { any: [{ direct: [...new Set(some(5, () => pick(kinds)))] }, rewrite(1, false)] }
        : rewrite(0, true),
  })
  const declaration = () =>
    Object.fromEntries(
      typeNames.map((name) => [
        name,
        {
          conditions,
          relations: {
            ...Object.fromEntries(relationNames.map((one) => [one, relation()])),
            parent: { is: { direct: ['folder', 'team'] } },
          },
        },
      ]),
    )
  let types: ResourceTypes | null = null
  while (types === null)
    try {
      types = typesOf('x', declaration(), { x: { n: 'Long' } })
    } catch (error) {
      // An exclusion that depends on itself: another declaration, then.
      if (!(error as Error).message.includes('depends on itself')) throw error
    }

  const resources = typeNames.flatMap((name) => ['1', '2', '3'].map((id) => ({ type: `x:${name}`, id })))
  const groups = ['grp_1', 'grp_2']
  const roles = ['staff', 'guest']
  const subjects: Subject[] = [
    ...['u1', 'u2', 'u3', '*'].map((id) => ({ type: 'user', id })),
    { type: 'service', id: 's1' },
    { type: 'group', id: 'grp_1' },
    { type: 'x:team', id: '1', relation: 'a' },
    { type: 'x:folder', id: '2' },
  ]
  const standings = new Map(
    ['u1', 'u2', 's1'].map((id) => [
      id,
      {
        groups: groups.filter(() => next() < 0.4),
        roles: roles.filter(() => next() < 0.3),
        untilMs: next() < 0.5 ? worldNowMs + below(10) * hourMs + 1 : Number.POSITIVE_INFINITY,
      },
    ]),
  )
  const nobody = { roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY }

  const condition = (): Condition => ({
    ...(next() < 0.4 ? { notBeforeMs: worldNowMs + (below(9) - 5) * hourMs } : {}),
    ...(next() < 0.4 ? { networks: [pick(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])] } : {}),
    ...(next() < 0.4 ? { assurance: pick([1, 2, 3] as const) } : {}),
    ...(next() < 0.5 ? { named: pick([{ name: 'calm' }, { name: 'few', parameters: { most: below(4) } }]) } : {}),
  })
  const idsOf: Record<string, readonly string[]> = {
    user: ['u1', 'u2', 'u3'],
    service: ['s1'],
    group: groups,
    role: roles,
  }
  const tuples = new Map<string, Tuple>()
  for (let made = 4 + below(30); made > 0; made--) {
    const resource = pick(resources)
    const name = pick([...relationNames, 'parent', 'parent'])
    const allowed = findRelation(types, resource.type, name)?.allowed ?? []
    if (allowed.length === 0) continue
    const { type, relation: set, everyone } = pick(allowed)
    const id = everyone === true ? '*' : pick(idsOf[type] ?? ['1', '2', '3'])
    const one: Tuple = {
      resource,
      relation: name,
      subject: set === undefined ? { type, id } : { type, id, relation: set },
      ...(next() < 0.2 ? { condition: condition() } : {}),
      ...(next() < 0.2 ? { expiresMs: worldNowMs + (below(10) - 3) * hourMs } : {}),
    }
    tuples.set(textOf(one), one)
  }
  return {
    types,
    tuples: [...tuples.values()],
    resources,
    subjects,
    standingOf: ({ type, id }) => (type === 'user' || type === 'service' ? (standings.get(id) ?? nobody) : nobody),
    circumstances: {
      nowMs: worldNowMs,
      network: pick([null, '10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8::9']),
      assurance: pick([1, 2, 3]),
      ...(next() < 0.5 ? { risk: pick([0, 50, 100, 900]) } : {}),
      ...(next() < 0.3 ? { factors: ['otp'] } : {}),
      ...(next() < 0.6 ? { application: next() < 0.8 ? { n: below(4) } : {} } : {}),
    },
    hasExclusions: [...types.values()].some(({ relations }) =>
      [...relations.values()].some(({ dependencies }) => dependencies.some(({ negative }) => negative)),
    ),
    pick,
  }
}
