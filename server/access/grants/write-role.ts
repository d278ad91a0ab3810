import type { RoleChange, RoleCreate } from '@custodia/wire/http/access.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { rolesOfMachines } from '../roles.ts'
import type { Change } from './change.ts'
import { changing, requireGift, requireRights, settle } from './change.ts'
import type { RoleEntry, RoleTable } from './grants.ts'
import type { Parts } from './parts.ts'
import { readHolders, readWrittenRoles, removeRole, writeRole } from './role-store.ts'
import type { WrittenRole } from './role-table.ts'
import { depthOf, maxDepth, roleTableOf } from './role-table.ts'

const maxRoles = 1_000
const maxHolders = 1_000

/**
 * Makes a role of the organisation's own.
 *
 * @throws Refusal ACCESS_ROLE_TAKEN, ACCESS_TOO_MANY, and what `changeRole` refuses.
 */
export async function createRole(parts: Parts, by: Author, body: RoleCreate): Promise<RoleEntry> {
  return await changing(parts, by, async (change) => {
    if (change.table.roles.has(body.name)) throw refuse('ACCESS_ROLE_TAKEN', { role: body.name })
    const written = [...change.table.roles.values()].filter((role) => role.from === 'organisation')
    if (written.length >= maxRoles) throw refuse('ACCESS_TOO_MANY', { what: 'roles', max: maxRoles })
    return await write(parts, change, { permissions: [], includes: [], privileged: false, ...body })
  })
}

/**
 * Changes a role of the organisation's own. Whatever is added to it and taken from it, whoever asks has for good: a role knows no expiry.
 *
 * @throws Refusal ACCESS_ROLE_UNKNOWN, ACCESS_ROLE_FIXED, ACCESS_PERMISSION_UNKNOWN, ACCESS_PERMISSION_WITHHELD, ACCESS_CYCLE,
 * ACCESS_TOO_DEEP, ACCESS_NOT_YOURS_TO_GIVE, ACCESS_EXPIRY_TOO_LATE; ACCESS_ROLE_MARKED, and ACCESS_ROLE_PRIVILEGED_HELD where its holders would gain past the
 * second administrator.
 */
export async function changeRole(parts: Parts, by: Author, name: string, body: RoleChange): Promise<RoleEntry> {
  return await changing(parts, by, async (change) => {
    const { ownPermissions, includes, summary, marked } = requireOwn(change.table, name)
    const before = { name, summary, permissions: ownPermissions, includes, privileged: marked }
    return await write(parts, change, { ...before, ...body })
  })
}

/** @throws Refusal ACCESS_ROLE_UNKNOWN, ACCESS_ROLE_FIXED, ACCESS_ROLE_MARKED, ACCESS_NOT_YOURS_TO_GIVE; ACCESS_ROLE_IN_USE where somebody has it. */
export async function deleteRole(parts: Parts, by: Author, name: string): Promise<void> {
  await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor, table } = change
    const role = requireOwn(table, name)
    if (role.marked) throw refuse('ACCESS_ROLE_MARKED', { role: name })
    requireRights(change, role.permissions, now)
    const including = [...table.roles.values()].some((other) => other.includes.includes(name))
    if (including || (await readHolders(tx, organisationId, [name], { now, limit: 1 })).length > 0)
      throw refuse('ACCESS_ROLE_IN_USE', { role: name })
    await removeRole(tx, organisationId, name)
    await parts.context.recorder.record(tx, event('role.deleted', { organisationId, actor, data: { role: name } }))
    await settle(parts, change, [], { raised: false, table: true })
  })
}

/** Takes the mark from a role, once two agreed to it. */
export async function unmarkRole(parts: Parts, change: Change, name: string): Promise<void> {
  const { tx, organisationId, now, actor, table } = change
  const { ownPermissions, includes, summary, permissions, marked } = requireOwn(table, name)
  if (!marked) throw refuse('ACCESS_APPROVAL_OVER')
  requireRights(change, permissions, null)
  await writeRole(tx, organisationId, { name, summary, permissions: ownPermissions, includes, privileged: false }, now)
  await parts.context.recorder.record(tx, event('role.unmarked', { organisationId, actor, data: { role: name } }))
  await settle(parts, change, [], { raised: false, table: true })
}

export function requireOwn(table: RoleTable, name: string): RoleEntry {
  const role = table.roles.get(name)
  if (role === undefined) throw refuse('ACCESS_ROLE_UNKNOWN', { role: name })
  if (role.from === 'configuration') throw refuse('ACCESS_ROLE_FIXED', { role: name })
  return role
}

async function write(parts: Parts, change: Change, role: WrittenRole): Promise<RoleEntry> {
  const { tx, organisationId, now, actor, table } = change
  const { name } = role
  requireKnown(parts, table, role)
  const others = (await readWrittenRoles(tx, organisationId)).filter((one) => one.name !== name)
  const after = roleTableOf(parts.configured, [...others, role], { operates: table.withheld.length === 0 })
  const depth = depthOf(name, (one) => after.roles.get(one)?.includes ?? [])
  if (depth === Number.POSITIVE_INFINITY) throw refuse('ACCESS_CYCLE')
  if (deepest(after) > maxDepth) throw refuse('ACCESS_TOO_DEEP', { max: maxDepth })

  const entry = after.roles.get(name) as RoleEntry
  const before = new Set(table.roles.get(name)?.permissions)
  const gained = new Set(entry.permissions).difference(before)
  const lost = before.difference(new Set(entry.permissions))
  requireRights(change, gained, null)
  requireRights(change, lost, now)
  const included = new Set(entry.closure).difference(new Set([name, ...(table.roles.get(name)?.closure ?? [])]))
  await requireGift(parts, change, { roles: [...included] })

  // Whoever has the role, or another that includes it, has from now on what it has.
  const touched = [...after.roles.values()].filter((one) => one.closure.includes(name)).map((one) => one.name)
  requireUnmarked(table, role, touched)
  const holders = await readHolders(tx, organisationId, touched, { now, limit: maxHolders })
  const privileged = touched.some((one) => [table, after].some(({ roles }) => roles.get(one)?.privileged === true))
  if (holders.length > 0 && gained.size + included.size > 0 && privileged)
    throw refuse('ACCESS_ROLE_PRIVILEGED_HELD', { role: name })
  await writeRole(tx, organisationId, role, now)
  const data = {
    ...{ role: name, summary: entry.summary, includes: [...entry.includes], privileged: entry.marked },
    ...{ permissions: [...entry.ownPermissions], gained: [...gained].sort(), lost: [...lost].sort() },
  }
  const verb = table.roles.has(name) ? 'role.changed' : 'role.created'
  await parts.context.recorder.record(tx, event(verb, { organisationId, actor, data }))
  await settle(parts, change, holders, { raised: gained.size > 0, table: true })
  return entry
}

/**
 * A role that is marked stands still, and what it includes: otherwise one administrator alone could take the mark off, give the role and
 * put it on again, or move it away from what it guards.
 */
function requireUnmarked(table: RoleTable, role: WrittenRole, touched: readonly string[]): void {
  const marked = touched.find((one) => table.roles.get(one)?.marked === true)
  const before = table.roles.get(role.name)
  if (marked === undefined || before === undefined) return
  const same = (one: readonly string[], other: readonly string[]) =>
    new Set(one).symmetricDifference(new Set(other)).size === 0
  const still = same(role.permissions, before.ownPermissions) && same(role.includes, before.includes)
  if (!still || (before.marked && !role.privileged)) throw refuse('ACCESS_ROLE_MARKED', { role: marked })
}

/**
 * @throws Refusal ACCESS_PERMISSION_UNKNOWN, ACCESS_PERMISSION_WITHHELD, which name them; ACCESS_ROLE_UNKNOWN for a role that can't be
 * included.
 */
function requireKnown({ configured }: Parts, table: RoleTable, { name, permissions, includes }: WrittenRole): void {
  const unknown = permissions.filter((one) => !configured.permissions.has(one))
  if (unknown.length > 0) throw refuse('ACCESS_PERMISSION_UNKNOWN', { permissions: unknown.slice(0, 10) })
  const withheld = permissions.filter((one) => table.withheld.includes(one))
  if (withheld.length > 0) throw refuse('ACCESS_PERMISSION_WITHHELD', { permissions: withheld.slice(0, 10) })
  const missing = includes.find((one) => one !== name && (!table.roles.has(one) || rolesOfMachines.has(one)))
  if (missing !== undefined) throw refuse('ACCESS_ROLE_UNKNOWN', { role: missing })
}

function deepest(table: RoleTable): number {
  const includesOf = (name: string) => table.roles.get(name)?.includes ?? []
  return Math.max(...[...table.roles.keys()].map((name) => depthOf(name, includesOf)))
}
