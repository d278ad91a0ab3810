import type { PlacedEntry } from '../../audit/api.ts'
import { newId } from '../../platform/random.ts'
import type { Listening } from '../endpoints/store.ts'
import { listListening } from '../endpoints/store.ts'
import { matches } from '../event-choice.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { DeliveryRow } from './store.ts'
import { insertDeliveries, lockCursor, moveCursor } from './store.ts'

// What becomes of deliveries is not delivered: of each that fails another would be made.
const unsent = 'webhooks.delivery.'

/**
 * Makes deliveries of what stands in the ledger since the cursor: rows and cursor in one transaction, so that whatever happens to a process
 * nothing is left out, and nothing is made twice.
 *
 * @returns false where there is nothing more now.
 */
export async function fanOut(parts: Parts): Promise<boolean> {
  return await parts.context.database.transaction(async (tx) => {
    const from = await lockCursor(tx)
    // Read before the endpoints: what is placed meanwhile may be for one that comes meanwhile, and is left to the next time.
    const { next: end } = await parts.audit.placed(from, [])
    const endpoints = await listListening(tx)
    const organisations = [...new Set(endpoints.map((one) => one.organisation_id))]
    const { entries, next } = await parts.audit.placed(from, organisations, end)
    const rows = entries.flatMap((entry) =>
      endpoints.filter((one) => isFor(one, entry)).map((one) => deliveryOf(parts, one, entry)),
    )
    await insertDeliveries(tx, rows)
    if (next > from) await moveCursor(tx, next)
    return next > from
  })
}

const isFor = ({ organisation_id, types, created_at }: Listening, entry: PlacedEntry): boolean =>
  entry.organisationId === organisation_id &&
  Date.parse(entry.at) >= created_at.getTime() &&
  !entry.type.startsWith(unsent) &&
  matches(types, entry.type)

function deliveryOf(parts: Parts, endpoint: Listening, entry: PlacedEntry): DeliveryRow {
  const now = nowOf(parts)
  return {
    id: newId('whd', parts.context.random),
    endpoint_id: endpoint.id,
    organisation_id: entry.organisationId,
    entry_index: String(entry.index),
    message_id: entry.id,
    type: entry.type,
    created_at: now,
    next_try_at: now,
    claimed_until: null,
    tries: 0,
    tries_before: 0,
    delivered_at: null,
    dead_at: null,
    dead_why: null,
  }
}
