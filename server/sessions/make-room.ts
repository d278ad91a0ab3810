import type { Queries } from '../platform/database/database.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { strictest } from './limits.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { countUsable, endOldest, lockPerson } from './store.ts'

type Whose = { readonly userId: string; readonly organisationId: string }

/**
 * Asks whether a person may have one more session, before there is one.
 *
 * @returns how many they may have beside it.
 * @throws Refusal SESSIONS_TOO_MANY where a role of theirs refuses one more.
 */
export async function roomFor(parts: Parts, tx: Queries, { userId, organisationId }: Whose): Promise<number> {
  const { config, recorder } = parts.context
  if (Object.keys(config.limits).length === 0) return config.maxPerPerson - 1
  const roles = await parts.access.rolesOf(organisationId, userId)
  const { max, when } = strictest(config.limits, roles, config.maxPerPerson)
  // Two that begin at once must see each other.
  await lockPerson(tx, userId)
  const live = when === 'refuse-new' ? await countUsable(tx, userId, nowOf(parts)) : 0
  if (live < max) return max - 1
  const actor = { kind: 'user', id: userId } as const
  recorder.note(event('session.refused', { organisationId, actor, subjectId: userId, data: { live, max } }))
  throw refuse('SESSIONS_TOO_MANY', { max })
}

/** Ends the oldest sessions of a person but `keep`, beside the one that just began. Those that stay are not touched. */
export async function endOldestBeside(
  parts: Parts,
  tx: Queries,
  { userId, organisationId }: Whose,
  beside: { readonly sessionId: string; readonly keep: number },
): Promise<void> {
  const { sessionId: except, keep } = beside
  const displaced = await endOldest(tx, userId, { except, keep, why: 'displaced' }, nowOf(parts))
  const about = { organisationId, actor: { kind: 'user', id: userId } as const, subjectId: userId }
  for (const session of displaced)
    await parts.context.recorder.record(tx, event('session.ended', { ...about, data: { session, why: 'displaced' } }))
  parts.ended.announce(tx, displaced)
}
