import { createHash } from 'node:crypto'
import type { Role } from '../api.ts'
import type { RoleEntry, RoleTable } from './grants.ts'

/** A role as an organisation wrote it. */
export type WrittenRole = {
  readonly name: string
  readonly summary: string
  readonly permissions: readonly string[]
  readonly includes: readonly string[]
  readonly privileged: boolean
}

/** How deep roles may include each other, and groups stand in each other. */
export const maxDepth = 10

/** What every organisation has: the roles of the configuration, and what may be granted at all. */
export type Configured = {
  readonly roles: readonly Role[]
  /** Names of roles that wait for a second administrator wherever they are given. */
  readonly privileged: ReadonlySet<string>
  readonly permissions: ReadonlySet<string>
  /** Those of them that reach the whole installation. */
  readonly reaching: ReadonlySet<string>
}

/**
 * The roles of one organisation as they count. What reaches the whole installation is in none of them, `*` or not, unless the organisation
 * operates it. A name that the configuration took after an organisation did keeps the organisation's
 * meaning there: nobody is given more by it than somebody decided.
 */
export function roleTableOf(
  configured: Configured,
  written: readonly WrittenRole[],
  { operates }: { readonly operates: boolean },
): RoleTable {
  const withheld = operates ? new Set<string>() : configured.reaching
  const counting = (permissions: readonly string[]) => permissions.filter((one) => !withheld.has(one))
  const all = new Map<string, WrittenRole & Pick<RoleEntry, 'from'>>()
  for (const { name, summary, permissions } of configured.roles)
    all.set(name, {
      ...{
        name,
        summary,
        permissions: counting(permissions),
        includes: [],
        privileged: configured.privileged.has(name),
      },
      from: 'configuration',
    })
  for (const role of written)
    all.set(role.name, { ...role, permissions: counting(role.permissions), from: 'organisation' })

  const closures = new Map(
    [...all.keys()].map((name) => [name, closureOf(name, (one) => all.get(one)?.includes ?? [])]),
  )
  const permissionsOf = (name: string) =>
    new Set([...(closures.get(name) ?? [])].flatMap((one) => all.get(one)?.permissions ?? []))
  const marked = [...all.values()]
    .filter((role) => role.privileged)
    .map(({ name }) => ({ name, permissions: permissionsOf(name) }))
  const roles = [...all.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, summary, permissions, includes, privileged, from }): [string, RoleEntry] => {
      const closure = closures.get(name) as ReadonlySet<string>
      const total = permissionsOf(name)
      // The same rights under another name would be a way around the second administrator.
      const covers = ({ permissions }: (typeof marked)[number]) =>
        from === 'organisation' && permissions.size > 0 && permissions.isSubsetOf(total)
      const entry = {
        ...{ name, summary, from, marked: privileged },
        permissions: [...total].filter((one) => configured.permissions.has(one)).sort(),
        ownPermissions: [...permissions].sort(),
        includes: [...includes].sort(),
        closure: [...closure].sort(),
        privileged: marked.some((one) => closure.has(one.name) || covers(one)),
      }
      return [name, entry]
    })
  const sorted = [...withheld].sort()
  const version = createHash('sha256')
    .update(JSON.stringify([roles, sorted]))
    .digest('hex')
  return { version, roles: new Map(roles), withheld: sorted }
}

/** Everything that is reached from `start`, itself counted in. Ends on cycles, too. */
export function closureOf(start: string, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set([start])
  for (const one of reached) for (const other of next(one)) reached.add(other)
  return reached
}

/**
 * How many steps the longest way from `start` has; 0 where it leads nowhere, Infinity where it comes back to a place that it passed.
 */
export function depthOf(start: string, next: (name: string) => readonly string[]): number {
  const known = new Map<string, number>()
  const walk = (name: string): number => {
    const before = known.get(name)
    if (before !== undefined) return before
    known.set(name, Number.POSITIVE_INFINITY)
    const depth = next(name).reduce((deepest, other) => Math.max(deepest, 1 + walk(other)), 0)
    known.set(name, depth)
    return depth
  }
  return walk(start)
}
