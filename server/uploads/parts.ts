import type { KeyObject } from 'node:crypto'
import type { Scan } from '@custodia/edge/uploads/clamd.ts'
import type { Finding } from '@custodia/edge/uploads/finding.ts'
import type { UploadPolicy } from '@custodia/edge/uploads/policy.ts'
import type { Keyring, Place } from '../keyring/api.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Context } from '../platform/module.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { config } from './config.ts'
import type { Owner, UploadRow } from './store.ts'

/** What the use cases of this module stand on. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  readonly policy: UploadPolicy
  /** Looks at a file apart. */
  readonly look: (bytes: Uint8Array, name: string, stop: AbortSignal) => Promise<Finding>
  /** Null where nothing scans. */
  readonly scan: ((bytes: Uint8Array) => Promise<Scan>) | null
  /** Null where there is no host for files. */
  readonly links: { readonly host: string; readonly origin: string; readonly key: KeyObject } | null
  readonly outcomes: ReturnType<Metrics['counter']>
}

export const nowOf = ({ context }: Pick<Parts, 'context'>): Date => new Date(context.clock.nowMs())

/** What a key does, its owner does. */
export const ownerOf = (principal: Principal): Owner =>
  principal.kind === 'key'
    ? { organisationId: principal.organisationId, kind: principal.owner.kind, id: principal.owner.id }
    : { organisationId: principal.organisationId, kind: principal.kind, id: principal.id }

type Whose = Pick<UploadRow, 'id' | 'organisation_id' | 'subject_id'>

export const placeOf = (row: Whose, collection: string, field: string): Place => ({
  organisationId: row.organisation_id,
  subjectId: row.subject_id,
  collection,
  record: row.id,
  field,
  schemaVersion: 1,
})
