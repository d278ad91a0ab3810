import type { Keyring, Place } from '../../keyring/api.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import { isRefusal } from '../../platform/errors.ts'
import { network } from '../../platform/http/limits.ts'
import type { Random } from '../../platform/random.ts'
import { newId } from '../../platform/random.ts'
import { RecentMap } from '../../platform/recent-map.ts'
import type { Log } from '../../platform/telemetry/log.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { DecisionLog, LoggedDecision, NotedDecision, Recorded, ReplaySource } from './api.ts'
import { LogQueue } from './queue.ts'
import { sampler } from './sampling.ts'
import type { DecisionRow, StoredDecision } from './store.ts'
import { findDecisions, insertDecisions } from './store.ts'

export type DecisionLogOptions = {
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** Of 10,000 decisions that allow, how many are kept. */
  readonly sampled: number
}

const maxNamed = 20
const maxRecordedBytes = 4_096
/**
 * In one second, of one organisation, by one process: a flood must not become a flood of rows. What is allowed has room of its own, so that
 * it takes none from refusals; more of it would say no more, and the hot path would pay for it.
 */
const maxEachSecond = { deny: 200, allow: 20 } as const
const maxOrganisations = 10_000

type Noted = Omit<DecisionRow, 'recorded_sealed'> & { readonly recorded: string | null }

/** The decision log at work. */
export type OpenDecisionLog = DecisionLog & ReplaySource & { drain(): Promise<boolean>; stop(): Promise<void> }

export function openDecisionLog(options: DecisionLogOptions): OpenDecisionLog {
  const { database, keyring, clock, random, log, metrics, sampled } = options
  const kept = metrics.counter('custodia_access_decisions_logged_total', 'Decisions that were written to their log.')
  const lost = metrics.counter(
    'custodia_access_decisions_lost_total',
    'Decisions that should stand in the log and do not.',
  )
  const isSampled = sampler(random, sampled)
  const rates = new RecentMap<{ readonly second: number; deny: number; allow: number }>(maxOrganisations)
  const queue = new LogQueue<Noted>({
    async write(items) {
      await insertDecisions(database.queries, await Promise.all(items.map((item) => seal(keyring, item))))
      kept.add(items.length)
    },
    log,
    onLost: (count) => lost.add(count),
  })

  /** Whether one more of this kind and organisation fits into this second. */
  const fits = ({ decision, organisationId }: NotedDecision, nowMs: number): boolean => {
    const second = Math.floor(nowMs / 1_000)
    let rate = rates.get(organisationId)
    if (rate?.second !== second) {
      rate = { second, deny: 0, allow: 0 }
      rates.set(organisationId, rate)
    }
    return ++rate[decision] <= maxEachSecond[decision]
  }

  return {
    note(decision) {
      if (decision.decision === 'allow' && !isSampled()) return
      const nowMs = clock.nowMs()
      if (!fits(decision, nowMs)) return decision.decision === 'deny' ? lost.add() : undefined
      try {
        queue.add(noted(decision, new Date(nowMs), newId('dec', random)))
      } catch (error) {
        // A decision was made and is not to fail for the sake of its log.
        lost.add()
        log.warn({ err: error }, 'a decision could not be noted')
      }
    },
    async newest(organisationId, { since, before, limit }) {
      const rows = await findDecisions(
        database.queries,
        organisationId,
        { since, ...(before === null ? {} : { before }) },
        limit,
      )
      return await Promise.all(rows.map((row) => logged(keyring, row)))
    },
    drain: () => queue.drain(),
    stop: () => queue.close(),
  }
}

function noted(decision: NotedDecision, at: Date, record: string): Noted {
  const { organisationId, principal, action, resource, address } = decision
  const recorded = decision.recorded()
  const json = recorded === null ? null : JSON.stringify(recorded)
  return {
    organisation_id: organisationId,
    at,
    principal_kind: principal.kind,
    principal_id: cut(principal.id, 200),
    action: cut(action, 200),
    resource_type: resource === null ? null : cut(resource.type, 200),
    resource_id: resource === null ? null : cut(resource.id, 500),
    decision: decision.decision,
    reason: decision.reason,
    policies: decision.policies.slice(0, maxNamed).map((id) => cut(id, 200)),
    errors: decision.errors.slice(0, maxNamed).map((id) => cut(id, 200)),
    policy_version: decision.policyVersion,
    revision: decision.revision,
    latency_us: Math.max(0, Math.min(Math.round(decision.latencyMicroseconds), 2_147_483_647)),
    network: address === null ? null : networkOf(address),
    record,
    recorded: json === null || Buffer.byteLength(json) > maxRecordedBytes ? null : json,
  }
}

/** What an application names may hold anything; PostgreSQL takes no U+0000, and no half characters. */
const cut = (text: string, length: number): string => text.slice(0, length).replaceAll('\0', '').toWellFormed()

/** The part of an address that a provider gives to one place: /24 of IPv4, /48 of IPv6 (RFC 6177 §2). */
function networkOf(address: string): string {
  const host = network(address)
  if (host.includes(':')) return `${host.split(':').slice(0, 3).join(':')}::/48`
  const parts = host.split('.')
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.0/24` : 'unknown'
}

const placeOf = (row: Pick<DecisionRow, 'organisation_id' | 'principal_kind' | 'principal_id' | 'record'>): Place => ({
  organisationId: row.organisation_id,
  subjectId: row.principal_kind === 'user' ? row.principal_id : null,
  collection: 'access.decision',
  record: row.record,
  field: 'recorded',
  schemaVersion: 1,
})

async function seal(keyring: Keyring, { recorded, ...row }: Noted): Promise<DecisionRow> {
  if (recorded === null) return { ...row, recorded_sealed: null }
  const sealed = await keyring.seal(placeOf(row), recorded).catch(unlessShredded)
  return { ...row, recorded_sealed: sealed }
}

async function logged(keyring: Keyring, row: StoredDecision): Promise<LoggedDecision> {
  const { recorded_sealed: sealed, resource_type: type, resource_id: resourceId } = row
  const opened = sealed === null ? null : await keyring.open(placeOf(row), sealed).catch(unlessShredded)
  return {
    id: row.id,
    at: row.at,
    principal: { kind: row.principal_kind as 'user', id: row.principal_id },
    action: row.action,
    resource: type === null || resourceId === null ? null : { type, id: resourceId },
    decision: row.decision as 'allow',
    recorded: opened === null ? null : (JSON.parse(opened.toString()) as Recorded),
  }
}

/** Of somebody who was erased nothing is kept, and nothing is shown. */
function unlessShredded(error: unknown): null {
  if (isRefusal(error, 'KEY_SHREDDED')) return null
  throw error
}
