import type { Queries } from '../../platform/database/database.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { withinScopes } from '../key-scope.ts'
import type { RoleTable, Standing } from './grants.ts'
import type { Had } from './standing-store.ts'
import { readHad } from './standing-store.ts'

/** Permissions, each until when (epoch milliseconds; Infinity for good). */
export type Rights = ReadonlyMap<string, number>

const msOf = (until: Date | null): number => until?.getTime() ?? Number.POSITIVE_INFINITY

/** What a subject had when it was read, put together with the roles that include others. */
export function standingOf(had: readonly Had[], table: RoleTable): Standing {
  const names = had.filter(({ kind }) => kind === 'role').map(({ name }) => name)
  return {
    // A name that stands for nothing is kept: it grants nothing, and whoever lists it sees what is assigned.
    roles: [...new Set(names.flatMap((name) => table.roles.get(name)?.closure ?? [name]))].sort(),
    groups: had
      .filter(({ kind }) => kind === 'group')
      .flatMap(({ name }) => name)
      .sort(),
    untilMs: had.reduce((earliest, { until }) => Math.min(earliest, msOf(until)), Number.POSITIVE_INFINITY),
  }
}

type SubjectAt = {
  readonly organisationId: string
  readonly subjectId: string
  readonly now: Date
  readonly table: RoleTable
  readonly evenDisabled?: boolean
}

/** Every permission that a subject's roles carry. */
export async function readRights(tx: Queries, { organisationId, subjectId, table, ...at }: SubjectAt): Promise<Rights> {
  return rightsOfHad(await readHad(tx, organisationId, subjectId, at), table)
}

export function rightsOfHad(had: readonly Had[], table: RoleTable): Rights {
  const roles = had.filter(({ kind }) => kind === 'role')
  return rightsOfRoles(
    roles.map(({ name, until }) => ({ name, untilMs: msOf(until) })),
    table,
  )
}

function rightsOfRoles(roles: readonly { name: string; untilMs: number }[], table: RoleTable): Rights {
  const rights = new Map<string, number>()
  for (const { name, untilMs } of roles)
    for (const permission of table.roles.get(name)?.permissions ?? [])
      rights.set(permission, Math.max(rights.get(permission) ?? 0, untilMs))
  return rights
}

/** What somebody who asks may hand on: what they are granted in this transaction, and of that only what their key was made for. */
export async function readRightsOf(
  tx: Queries,
  principal: Principal,
  at: { readonly now: Date; readonly table: RoleTable },
): Promise<Rights> {
  const { organisationId, id: subjectId } = principal
  const granted =
    principal.kind === 'application'
      ? rightsOfRoles(
          principal.roles.map((name) => ({ name, untilMs: Number.POSITIVE_INFINITY })),
          at.table,
        )
      : await readRights(tx, { organisationId, subjectId, ...at })
  return new Map([...granted].filter(([permission]) => withinScopes(principal, permission)))
}
