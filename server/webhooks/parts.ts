import type { Access } from '../access/api.ts'
import type { Ledger } from '../audit/api.ts'
import type { Keyring, Place } from '../keyring/api.ts'
import type { Context } from '../platform/module.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { Forwarder } from './api.ts'
import type { config } from './config.ts'

/** What the use cases of this module stand on. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  readonly audit: Ledger
  readonly access: Access
  /** Attempts by what became of them. */
  readonly outcomes: ReturnType<Metrics['counter']>
  /** Null until somebody lends one. */
  forwarder: Forwarder | null
}

export const nowOf = ({ context }: Pick<Parts, 'context'>): Date => new Date(context.clock.nowMs())

/** Where something sealed of an endpoint or a source stands: under the key of its organisation. */
export const placeOf = (
  kind: 'endpoint' | 'source',
  row: { readonly organisation_id: string; readonly id: string },
  field: 'target' | 'secret',
): Place => ({
  organisationId: row.organisation_id,
  subjectId: null,
  collection: `webhooks.${kind}`,
  record: row.id,
  field,
  schemaVersion: 1,
})

type Secrets = {
  readonly id: string
  readonly organisation_id: string
  readonly secret_sealed: Buffer
  readonly previous_sealed: Buffer | null
  readonly previous_until: Date | null
}

/** The secrets that hold now, the newest first: two while they overlap. */
export async function secretsOf(parts: Parts, kind: 'endpoint' | 'source', row: Secrets): Promise<string[]> {
  const overlaps = row.previous_until !== null && row.previous_until > nowOf(parts)
  const sealed = [row.secret_sealed, ...(overlaps && row.previous_sealed !== null ? [row.previous_sealed] : [])]
  const place = placeOf(kind, row, 'secret')
  return await Promise.all(sealed.map(async (one) => (await parts.keyring.open(place, one)).toString('utf8')))
}
