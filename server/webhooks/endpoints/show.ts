import type { Endpoint } from '@custodia/wire/http/webhooks.ts'
import { countStates } from '../deliveries/store.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { EndpointRow } from './store.ts'
import { listEndpoints } from './store.ts'
import { readTarget } from './target.ts'

/** Those of an organisation, the oldest first. Nothing in it signs anything. */
export async function list(parts: Parts, organisationId: string): Promise<Endpoint[]> {
  return await showAll(parts, await listEndpoints(parts.context.database.queries, organisationId))
}

export const show = async (parts: Parts, row: EndpointRow): Promise<Endpoint> =>
  (await showAll(parts, [row]))[0] as Endpoint

async function showAll(parts: Parts, rows: readonly EndpointRow[]): Promise<Endpoint[]> {
  const ids = rows.map(({ id }) => id)
  const counts = await countStates(parts.context.database.queries, ids)
  const now = nowOf(parts)
  const later = (at: Date | null) => (at !== null && at > now ? at.toISOString() : null)
  return await Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      ...(await readTarget(parts, row)),
      events: row.types,
      personal: row.personal,
      createdAt: row.created_at.toISOString(),
      createdBy: row.created_by,
      overlapUntil: later(row.previous_until),
      disabledAt: row.disabled_at?.toISOString() ?? null,
      disabledWhy: row.disabled_why,
      failures: row.failures,
      restsUntil: later(row.open_until),
      waiting: counts.get(row.id)?.waiting ?? 0,
      dead: counts.get(row.id)?.dead ?? 0,
    })),
  )
}
