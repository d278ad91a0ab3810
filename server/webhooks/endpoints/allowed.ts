import type { Asking } from '../../platform/http/operator.ts'
import { boundBy } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { matches } from '../event-choice.ts'
import type { Parts } from '../parts.ts'

/**
 * An endpoint reads for whoever made it: it is told nothing that they may not read themselves. The operator may read all of it.
 *
 * @throws Refusal WEBHOOKS_ABOVE_YOU
 */
export async function mayTell({ access }: Parts, by: Asking, personal: boolean): Promise<void> {
  const principal = boundBy(by)
  if (principal === null) return
  const held = new Set(await access.permissionsOf(principal))
  for (const permission of ['ledger:read', ...(personal ? ['ledger:personal'] : [])])
    if (!held.has(permission)) throw refuse('WEBHOOKS_ABOVE_YOU', { permission })
}

/** Null for all. @throws Refusal WEBHOOKS_EVENT_UNKNOWN for what names nothing that can happen. */
export function checkedEvents({ context }: Parts, events: readonly string[] | null): string[] | null {
  if (events === null) return null
  const known = Object.keys(context.eventCatalogue)
  const unknown = events.find((one) => !known.some((type) => matches([one], type)))
  if (unknown !== undefined) throw refuse('WEBHOOKS_EVENT_UNKNOWN', { field: 'body.events', type: unknown })
  return [...new Set(events)]
}
