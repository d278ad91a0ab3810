import { actorOf } from '../../platform/events/event.ts'
import { refuse } from '../errors.ts'
import { lockOrganisation } from '../revision.ts'
import { noting } from './activate.ts'
import type { PolicySetJson } from './api.ts'
import { goLive } from './go-live.ts'
import { livePolicies } from './live-cache.ts'
import type { PolicyParts } from './parts.ts'
import type { Asker } from './requirements.ts'
import { liveOf, requireHeld, requireWayBack } from './requirements.ts'
import { readLiveNumber } from './store.ts'
import { requireVersion, studyVersion } from './study-version.ts'

export type RollBack = {
  readonly organisationId: string
  /** A version that was live, or 0 for no policies at all. */
  readonly to: number
  /** The version that is live now, as the caller knows it; 0 for none. */
  readonly instead: number
  readonly reason: string
}

/**
 * Makes a version live again that was, in one step. Its tests need not hold: they were written for another day; it must only be valid.
 *
 * @param asker null for the operator. Then nothing is read by Cedar either: this is the way out when everybody is locked out.
 * @throws Refusal ACCESS_POLICY_STATE, ACCESS_POLICY_CHANGED, ACCESS_POLICY_NOT_GREEN, ACCESS_POLICY_LOCKS_YOU_OUT, ACCESS_NOT_YOURS_TO_GIVE
 */
export async function rollBack(parts: PolicyParts, wanted: RollBack, asker: Asker | null): Promise<void> {
  const { organisationId, to, instead, reason } = wanted
  const own = await policiesOf(parts, organisationId, to, asker)
  await noting(parts, organisationId, to, asker, async () => {
    const compiled = livePolicies(to, parts.schema, own).compileWith(await parts.needs.builtIn(organisationId))
    if (asker !== null) await requireWayBack(parts, compiled, asker)
    await parts.context.database.transaction(async (tx) => {
      await lockOrganisation(tx, organisationId)
      if (to === 0 && instead === 0) throw refuse('ACCESS_POLICY_STATE')
      if ((await readLiveNumber(tx, organisationId)) !== instead) throw refuse('ACCESS_POLICY_CHANGED')
      if (asker !== null) await requireHeld(parts, tx, asker.principal, own, await liveOf(tx, organisationId))
      const actor = asker === null ? ({ kind: 'system' } as const) : actorOf(asker.principal)
      await goLive(parts, tx, { organisationId, number: to, instead, from: 'retired', actor, reason })
    })
  })
}

async function policiesOf(
  parts: PolicyParts,
  organisationId: string,
  number: number,
  asker: Asker | null,
): Promise<PolicySetJson> {
  if (number === 0) return { staticPolicies: {} }
  const version = await requireVersion(parts, organisationId, number)
  if (version.state !== 'retired') throw refuse('ACCESS_POLICY_STATE', { detail: version.state })
  if (asker !== null) {
    const [error] = (await studyVersion(parts, organisationId, version)).errors
    if (error !== undefined) throw refuse('ACCESS_POLICY_NOT_GREEN', { detail: error.message.slice(0, 500) })
  }
  return JSON.parse(version.compiled) as PolicySetJson
}
