import type { Keyring, Place } from '../../keyring/api.ts'
import type { Bus } from '../../platform/cache/cache.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import type { ReplaySource } from '../decisions/api.ts'
import type { RelationsOfTypes } from '../decisions/replay.ts'
import type { PolicyNeeds } from './api.ts'
import type { Laboratory } from './laboratory.ts'
import type { LiveCache } from './live-cache.ts'
import type { CedarSchema } from './schema.ts'

export type PolicyParts = {
  readonly context: {
    readonly database: Database
    readonly clock: Clock
    readonly recorder: Recorder
    readonly bus: Bus
  }
  readonly keyring: Keyring
  readonly needs: PolicyNeeds
  readonly laboratory: Laboratory
  readonly cache: LiveCache
  readonly decisions: ReplaySource
  readonly schema: CedarSchema
  /** Resource types as applications declare them, by their Cedar types. */
  readonly declared: Readonly<Record<string, string>>
  /** Relations of each declared type. */
  readonly types: RelationsOfTypes
}

export const nowOf = ({ context }: PolicyParts): Date => new Date(context.clock.nowMs())

/** Of a version: why it was written. Bound to its organisation and number. */
export const reasonPlace = (organisationId: string, number: number): Place => ({
  organisationId,
  subjectId: null,
  collection: 'access.policy_version',
  record: `${organisationId}/${number}`,
  field: 'reason',
  schemaVersion: 1,
})
