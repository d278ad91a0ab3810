import { afterCommit } from '../platform/database/after-commit.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { by } from './make-live.ts'
import type { Parts } from './parts.ts'
import { applicationOf, nowOf } from './parts.ts'
import { insertLive, originOf, readBefore, readLive, retireLive } from './store.ts'

/**
 * Makes live again what was live before the version that somebody looked at, in one step. It gets a number of its own, since versions never
 * change; whoever goes back once more comes to the one before that.
 *
 * @throws Refusal BROWSER_APPLICATION_UNKNOWN, BROWSER_POLICY_NOT_LEARNT, BROWSER_POLICY_CHANGED; BROWSER_POLICY_FIRST where nothing was live before.
 */
export async function rollBack(parts: Parts, principal: Principal, name: string, instead: number): Promise<void> {
  if (applicationOf(parts, name).profile !== 'learn') throw refuse('BROWSER_POLICY_NOT_LEARNT')
  const { database, recorder } = parts.context
  const now = nowOf(parts)
  await database.transaction(async (tx) => {
    const live = await readLive(tx, name)
    if (live?.number !== instead) throw refuse('BROWSER_POLICY_CHANGED')
    const before = await readBefore(tx, live)
    if (before === null) throw refuse('BROWSER_POLICY_FIRST')
    if (!(await retireLive(tx, name, instead, now))) throw refuse('BROWSER_POLICY_CHANGED')
    const { sources, trusted_types } = before
    const restores = originOf(before)
    const number = await insertLive(tx, { application: name, sources, trusted_types, restores, live_at: now })
    if (number === null) throw refuse('BROWSER_POLICY_CHANGED')
    const data = { application: name, number, restores, instead }
    await recorder.record(tx, event('policy.rolled-back', { ...by(principal), data }))
    afterCommit(tx, () => parts.live.announce(name))
  })
}
