import type { Standing } from '@custodia/wire/http/access.ts'
import type { Step } from './holder-store.ts'
import { readRolesOf, readStepsUp } from './holder-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { maxDepth } from './role-table.ts'
import { readServiceAccount } from './service-account-store.ts'

/** How one comes to a group: the groups before it, and the earliest end of a step. */
type Way = { readonly through: readonly string[]; readonly untilMs: number }

const here: Way = { through: [], untilMs: Number.POSITIVE_INFINITY }

/** Everything that a subject is at this moment, and by which groups: for people to read, from the tables alone. */
export async function showStanding(parts: Parts, organisationId: string, subjectId: string): Promise<Standing> {
  const { queries } = parts.context.database
  const now = nowOf(parts)
  const account = subjectId.startsWith('svc_') ? await readServiceAccount(queries, organisationId, subjectId) : null
  if (account?.disabled_at != null) return { roles: [], groups: [] }

  const ways = new Map<string, Way>([[subjectId, here]])
  let frontier: readonly string[] = [subjectId]
  // Level by level, each group once: whatever stands in whatever, it ends, and finds the shortest way.
  for (let depth = 0; frontier.length > 0 && depth <= maxDepth; depth++) {
    const steps = await readStepsUp(queries, organisationId, frontier, now)
    const fresh = longestOf(
      steps.filter(({ target }) => !ways.has(target)),
      ways,
    )
    for (const [id, { way, from }] of fresh)
      ways.set(id, { through: from === subjectId ? [] : [...way.through, from], untilMs: way.untilMs })
    frontier = [...fresh.keys()]
  }

  const { roles } = await parts.readTable(queries, organisationId)
  const found = new Map<string, Standing['roles'][number]>()
  const steps = await readRolesOf(queries, organisationId, [...ways.keys()], now)
  for (const { subject, target: by, until } of nearestFirst(steps, ways)) {
    const way = ways.get(subject) ?? here
    const through = subject === subjectId ? [] : [...way.through, subject]
    const expiresAt = instantOf(Math.min(way.untilMs, msOf(until)))
    for (const name of [by, ...(roles.get(by)?.closure ?? [])])
      if (!found.has(name)) found.set(name, { name, by, through, expiresAt })
  }
  ways.delete(subjectId)
  return {
    roles: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    groups: [...ways]
      .map(([id, { through, untilMs }]) => ({ id, through: [...through], expiresAt: instantOf(untilMs) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

/** Of several ways of one length the one that lasts longest. */
function longestOf(steps: readonly Step[], ways: ReadonlyMap<string, Way>) {
  const best = new Map<string, { readonly way: Way; readonly from: string }>()
  for (const { subject, target, until } of steps) {
    const before = ways.get(subject) ?? here
    const way = { through: before.through, untilMs: Math.min(before.untilMs, msOf(until)) }
    if (way.untilMs > (best.get(target)?.way.untilMs ?? -1)) best.set(target, { way, from: subject })
  }
  return best
}

/** `ways` has the subject first, and then the groups from the nearest on. */
function nearestFirst(steps: readonly Step[], ways: ReadonlyMap<string, Way>): readonly Step[] {
  const places = new Map([...ways.keys()].map((id, at) => [id, at]))
  const placeOf = ({ subject }: Step): number => places.get(subject) ?? 0
  return steps.toSorted((a, b) => placeOf(a) - placeOf(b))
}

const msOf = (until: Date | null): number => until?.getTime() ?? Number.POSITIVE_INFINITY
const instantOf = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)
