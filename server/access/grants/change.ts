import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import { actorFor } from '../../platform/http/operator.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { lockOrganisation, raiseRevision } from '../revision.ts'
import type { RoleTable } from './grants.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Rights } from './standing.ts'
import { readRightsOf } from './standing.ts'
import { readUnder } from './standing-store.ts'

/** More than these are told of together, as their organisation. */
const maxAnnounced = 100
const maxShifted = 1_000

/** An administrative act while it is done: what is read in it can't change until it ends. */
export type Change = {
  readonly tx: Queries
  readonly organisationId: string
  readonly now: Date
  readonly actor: Actor
  /** Null where the system does what was decided before, and for the operator. */
  readonly by: Principal | null
  /** True where the operator said that no second administrator is to be asked. */
  readonly alone: boolean
  readonly table: RoleTable
  /** What whoever asks may hand on. Null where nothing bounds it. */
  readonly rights: Rights | null
}

/**
 * Does `work` in one transaction, under the organisation's lock, with the rights that whoever asks has in it. Nothing bounds the operator, who has
 * the keys of the installation.
 */
export async function changing<T>(parts: Parts, by: Author, work: (change: Change) => Promise<T>): Promise<T> {
  return await parts.context.database.transaction(async (tx) => {
    const change = { ...(await begin(parts, tx, by.organisationId)), actor: actorFor(by) }
    if (by.kind === 'operator') return await work({ ...change, alone: by.alone === true })
    const rights = await readRightsOf(tx, by, change)
    return await work({ ...change, by, rights })
  })
}

/** The same, for what was decided already and is only carried out. */
export async function carryingOut<T>(
  parts: Parts,
  organisationId: string,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  return await parts.context.database.transaction(async (tx) => await work(await begin(parts, tx, organisationId)))
}

async function begin(parts: Parts, tx: Queries, organisationId: string): Promise<Change> {
  await lockOrganisation(tx, organisationId)
  const table = await parts.readTable(tx, organisationId)
  const nobody = { actor: { kind: 'system' }, by: null, alone: false, rights: null } as const
  return { tx, organisationId, now: nowOf(parts), table, ...nobody }
}

/**
 * Nobody hands on what they do not have, nor for longer than they have it.
 *
 * @param until when what is given ends; null for good. For what is taken away, the moment of it.
 * @throws Refusal ACCESS_NOT_YOURS_TO_GIVE, ACCESS_EXPIRY_TOO_LATE
 */
export function requireRights(change: Pick<Change, 'rights'>, permissions: Iterable<string>, until: Date | null): void {
  const untilMs = until?.getTime() ?? Number.POSITIVE_INFINITY
  requireCovered(change, new Map([...permissions].map((permission) => [permission, untilMs])))
}

/** The same, for rights that end at different times. */
export function requireCovered({ rights }: Pick<Change, 'rights'>, given: Rights): void {
  if (rights === null) return
  let latestMs = Number.POSITIVE_INFINITY
  let late = false
  for (const [permission, untilMs] of given) {
    const ownMs = rights.get(permission)
    if (ownMs === undefined) throw refuse('ACCESS_NOT_YOURS_TO_GIVE', { permission })
    latestMs = Math.min(latestMs, ownMs)
    late ||= untilMs > ownMs
  }
  if (late) throw refuse('ACCESS_EXPIRY_TOO_LATE', { latest: new Date(latestMs).toISOString() })
}

/** Asks those who know what roles and groups have beside permissions. @throws what a listener refuses. */
export async function requireGift(
  { gifts }: Parts,
  { tx, by }: Change,
  { roles = [], groups = [] }: { readonly roles?: readonly string[]; readonly groups?: readonly string[] },
): Promise<void> {
  if (by !== null && (roles.length > 0 || groups.length > 0))
    for (const listener of gifts) await listener(tx, { by, roles, groups })
}

/**
 * Ends every change: the revision is raised, whoever wants to act in the transaction does, and after the commit everybody forgets what
 * they remember.
 *
 * @param subjects whose standing is another now, groups counted as those in them. Null where it is everybody's.
 */
export async function settle(
  parts: Parts,
  { tx, organisationId }: Pick<Change, 'tx' | 'organisationId'>,
  subjects: readonly string[],
  { raised, table = false }: { readonly raised: boolean; readonly table?: boolean },
): Promise<void> {
  await raiseRevision(tx, organisationId)
  const groups = subjects.filter((id) => id.startsWith('grp_'))
  const under = groups.length === 0 ? subjects : await readUnder(tx, organisationId, subjects, maxShifted)
  if (under.length > 0)
    for (const listener of parts.shifts) await listener(tx, { organisationId, subjectIds: under, raised })
  // A group is a subject itself, of which something may be remembered, and so are the groups in it.
  const everybody = table || groups.length > 0 || under.length > maxAnnounced
  afterCommit(tx, () => parts.announce(organisationId, everybody ? null : under))
}
