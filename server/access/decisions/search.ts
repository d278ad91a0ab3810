import type { LoggedDecisions } from '@custodia/wire/http/decisions.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { StoredDecision } from './store.ts'
import { findDecisions } from './store.ts'

export type DecisionSearch = {
  readonly since?: string
  readonly until?: string
  readonly principal?: string
  readonly action?: string
  readonly decision?: 'allow' | 'deny'
  readonly cursor?: string
  /** 1 to 100. */
  readonly limit?: number
}

export type DecisionSearchNeeds = {
  readonly database: Database
  readonly recorder: Recorder
  readonly decisions: { drain(): Promise<unknown> }
}

/**
 * Finds logged decisions of the caller's organisation, newest first. That somebody looked is in the ledger before anything is answered;
 * what this process decided before the question is written first, so that whoever was refused a moment ago is in the answer.
 *
 * @throws Refusal ACCESS_CURSOR_INVALID
 */
export async function searchDecisions(
  { database, recorder, decisions }: DecisionSearchNeeds,
  principal: Principal,
  { cursor, limit = 50, ...wanted }: DecisionSearch,
): Promise<LoggedDecisions> {
  const { organisationId } = principal
  const before = cursor === undefined ? undefined : readCursor(cursor)
  const data = { filters: wanted as Record<string, string>, continued: cursor !== undefined }
  await database.transaction((tx) =>
    recorder.record(tx, event('decisions.searched', { organisationId, actor: actorOf(principal), data })),
  )
  await decisions.drain()
  const rows = await findDecisions(
    database.queries,
    organisationId,
    {
      since: timeOf(wanted.since),
      until: timeOf(wanted.until),
      principalId: wanted.principal,
      action: wanted.action,
      decision: wanted.decision,
      before,
    },
    limit + 1,
  )
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return { items: page.map(show), next: last === undefined ? null : writeCursor(last.id) }
}

function show(row: StoredDecision): LoggedDecisions['items'][number] {
  const { resource_type: type, resource_id: id } = row
  return {
    id: row.id,
    at: row.at.toISOString(),
    principal: { kind: row.principal_kind, id: row.principal_id },
    action: row.action,
    resource: type === null || id === null ? null : { type, id },
    decision: row.decision as 'allow',
    reason: row.reason,
    policies: [...row.policies],
    errors: [...row.errors],
    policyVersion: row.policy_version,
    revision: row.revision,
    latencyMicroseconds: row.latency_us,
    network: row.network,
  }
}

const timeOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

const writeCursor = (id: string): string => Buffer.from(id).toString('base64url')

/** It names a place and gives no right; one that is not ours is a mistake that is better told. */
function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,17}$/.test(id) || writeCursor(id) !== cursor) throw refuse('ACCESS_CURSOR_INVALID')
  return id
}
