import { checkSources } from '@custodia/edge/browser/propose.ts'
import type { NewBrowserPolicy } from '@custodia/wire/http/browser.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { applicationOf, nowOf } from './parts.ts'
import { insertLive, retireLive } from './store.ts'

/**
 * Makes a policy live in the place of the one that somebody looked at.
 *
 * @throws Refusal BROWSER_APPLICATION_UNKNOWN, BROWSER_POLICY_NOT_LEARNT, BROWSER_POLICY_REFUSED, BROWSER_POLICY_CHANGED
 */
export async function makeLive(
  parts: Parts,
  principal: Principal,
  name: string,
  { sources: wanted, trustedTypes, instead }: NewBrowserPolicy,
): Promise<void> {
  if (applicationOf(parts, name).profile !== 'learn') throw refuse('BROWSER_POLICY_NOT_LEARNT')
  const sources = checked(wanted)
  const { database, recorder } = parts.context
  const now = nowOf(parts)
  await database.transaction(async (tx) => {
    if (instead !== null && !(await retireLive(tx, name, instead, now))) throw refuse('BROWSER_POLICY_CHANGED')
    const number = await insertLive(tx, {
      application: name,
      sources,
      trusted_types: trustedTypes,
      restores: null,
      live_at: now,
    })
    if (number === null) throw refuse('BROWSER_POLICY_CHANGED')
    const data = { application: name, number, sources, trustedTypes, instead }
    await recorder.record(tx, event('policy.made-live', { ...by(principal), data }))
    afterCommit(tx, () => parts.live.announce(name))
  })
}

/** Takes the live policy back: from then on everything is reported again, and nothing held. */
export async function retire(parts: Parts, principal: Principal, name: string, number: number): Promise<void> {
  applicationOf(parts, name)
  const { database, recorder } = parts.context
  await database.transaction(async (tx) => {
    if (!(await retireLive(tx, name, number, nowOf(parts)))) throw refuse('BROWSER_POLICY_CHANGED')
    await recorder.record(tx, event('policy.retired', { ...by(principal), data: { application: name, number } }))
    afterCommit(tx, () => parts.live.announce(name))
  })
}

export const by = (principal: Principal) => ({ organisationId: principal.organisationId, actor: actorOf(principal) })

function checked(sources: NewBrowserPolicy['sources']): Record<string, string[]> {
  try {
    return checkSources(sources, 'body.sources') as Record<string, string[]>
  } catch (error) {
    throw refuse('BROWSER_POLICY_REFUSED', { field: 'body.sources', detail: (error as Error).message })
  }
}
