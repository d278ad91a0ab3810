import type { ConsistencyProof, EntryProof } from '../../packages/wire/src/http/ledger.ts'
import { consistencyRanges, inclusionRanges } from '../../packages/wire/src/ledger/merkle.ts'
import type { Database, Queries } from '../platform/database/database.ts'
import type { Recorder } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { readBody } from './entry.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { latestCheckpoint, readBodies } from './store.ts'
import { hashRanges } from './tree.ts'

/**
 * Proves that an entry of the principal's own organisation stands in the tree. Reading it is recorded first.
 *
 * @throws Refusal LEDGER_ENTRY_UNKNOWN, alike for an entry that is not there and for one of somebody else.
 */
export async function proveEntry(
  { database, recorder }: { readonly database: Database; readonly recorder: Recorder },
  principal: Principal,
  index: number,
): Promise<EntryProof> {
  const latest = await latestCheckpoint(database.queries)
  const body = (await readBodies(database.queries, index, index + 1))[0]?.body ?? null
  const mine = body !== null && readBody(body)?.organisation === principal.organisationId
  if (latest === null || body === null || !mine || index >= latest.size) throw refuse('LEDGER_ENTRY_UNKNOWN')
  const { organisationId } = principal
  const proven = event('entry.proven', { organisationId, actor: actorOf(principal), data: { index } })
  await database.transaction((tx) => recorder.record(tx, proven))
  const path = await hashRanges(database.queries, inclusionRanges(index, latest.size))
  return { index, body: body.toString(), path: path.map(base64), checkpoint: latest.note }
}

/** Proves that the tree of `from` entries is where that of `to` begins. @throws Refusal LEDGER_SIZE_UNKNOWN */
export async function proveConsistency(queries: Queries, from: number, to: number): Promise<ConsistencyProof> {
  const latest = await latestCheckpoint(queries)
  if (latest === null || from < 1 || from > to || to > latest.size) throw refuse('LEDGER_SIZE_UNKNOWN')
  const path = await hashRanges(queries, consistencyRanges(from, to))
  return { from, to, path: path.map(base64) }
}

const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64')
