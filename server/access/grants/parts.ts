import type { Keyring, Place } from '../../keyring/api.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Queries } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Random } from '../../platform/random.ts'
import type { RoleTable } from './grants.ts'
import type { Configured } from './role-table.ts'

/** What may be known of people here, where nobody knows them: the module that does, lends it. */
export type Directory = {
  /** Those of them that are people of this organisation, and whether they may sign in. At most 200 are asked about at once. */
  states(
    tx: Queries,
    organisationId: string,
    userIds: readonly string[],
  ): Promise<ReadonlyMap<string, 'invited' | 'active' | 'disabled'>>
  /** People of this organisation who may sign in, in the order of their identifiers, after `after`: at most `limit`. */
  active(queries: Queries, organisationId: string, after: string, limit: number): Promise<readonly string[]>
}

/** The organisation that operates the installation, or null while there is none. It never becomes another. */
export type Operating = (queries: Queries) => Promise<string | null>

/** A change of what people, service accounts and applications may do, while its transaction is open. */
export type Shift = {
  readonly organisationId: string
  /** At most 1,000 of them; where there are more, what is remembered of their roles is dropped all the same. */
  readonly subjectIds: readonly string[]
  /** True where somebody may do more by it. */
  readonly raised: boolean
}

export type ShiftListener = (tx: Queries, shift: Shift) => Promise<void>

/** What somebody is about to come to have by its name: roles and groups may stand in relations and policies, too. */
export type Gift = {
  readonly by: Principal
  /** What they include counted in. */
  readonly roles: readonly string[]
  /** What they are in counted in. */
  readonly groups: readonly string[]
}

/** Refuses where whoever asks lacks something that the roles or groups have beside permissions. */
export type GiftListener = (tx: Queries, gift: Gift) => Promise<void>

export type Parts = {
  readonly context: {
    readonly database: Database
    readonly clock: Clock
    readonly random: Random
    readonly recorder: Recorder
  }
  readonly keyring: Keyring
  readonly configured: Configured
  /** Null until a module that knows people lends it. */
  directory(): Directory | null
  readTable(queries: Queries, organisationId: string): Promise<RoleTable>
  readonly shifts: Set<ShiftListener>
  readonly gifts: Set<GiftListener>
  /** Drops what is remembered here and elsewhere: of these subjects, or of the whole organisation. */
  announce(organisationId: string, subjectIds: readonly string[] | null): Promise<void>
}

export const nowOf = ({ context }: Parts): Date => new Date(context.clock.nowMs())

/** Why a right was given, sealed under the organisation's key for the row that it stands in. */
export async function sealReason(parts: Parts, organisationId: string, record: string, reason: string) {
  return await parts.keyring.seal(reasonPlace(organisationId, record), reason)
}

/** @returns null where none was given, as before reasons were asked for. */
export async function openReason(parts: Parts, organisationId: string, record: string, sealed: Buffer | null) {
  return sealed === null ? null : (await parts.keyring.open(reasonPlace(organisationId, record), sealed)).toString()
}

const reasonPlace = (organisationId: string, record: string): Place => ({
  organisationId,
  subjectId: null,
  collection: 'access.reason',
  record,
  field: 'reason',
  schemaVersion: 1,
})
