import { actorOf } from '../../platform/events/event.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { lockOrganisation } from '../revision.ts'
import { goLive } from './go-live.ts'
import { requireGreen } from './judge.ts'
import { livePolicies } from './live-cache.ts'
import { ownPolicies } from './own-policies.ts'
import type { PolicyParts } from './parts.ts'
import type { Asker } from './requirements.ts'
import { liveOf, requireHeld, requireWayBack } from './requirements.ts'
import { readLiveNumber } from './store.ts'
import { requireVersion, studyVersion } from './study-version.ts'

/**
 * Makes a shadowed version live in place of the one that it was shadowed against.
 *
 * @param asker null for the operator, whom no right bounds and nobody locks out.
 * @throws Refusal ACCESS_POLICY_STATE, ACCESS_POLICY_NOT_GREEN, ACCESS_POLICY_DISAGREEMENT, ACCESS_POLICY_LOCKS_YOU_OUT,
 * ACCESS_POLICY_CHANGED, ACCESS_NOT_YOURS_TO_GIVE, ACCESS_POLICY_NEEDS_ANOTHER
 */
export async function activate(
  parts: PolicyParts,
  { organisationId, number, reason }: { organisationId: string; number: number; reason: string },
  asker: Asker | null,
): Promise<void> {
  const { database } = parts.context
  const version = await requireVersion(parts, organisationId, number)
  if (version.state !== 'shadowed') throw refuse('ACCESS_POLICY_STATE', { detail: version.state })
  const study = await studyVersion(parts, organisationId, version)
  requireGreen(study)
  const own = ownPolicies(study.policies)
  await noting(parts, organisationId, number, asker, async () => {
    if (asker !== null) {
      const compiled = livePolicies(number, parts.schema, own).compileWith(await parts.needs.builtIn(organisationId))
      await requireWayBack(parts, compiled, asker)
    }
    await database.transaction(async (tx) => {
      await lockOrganisation(tx, organisationId)
      const instead = await readLiveNumber(tx, organisationId)
      if (instead !== version.shadowed_against) throw refuse('ACCESS_POLICY_CHANGED')
      if (asker !== null) {
        const gifts = await requireHeld(parts, tx, asker.principal, own, await liveOf(tx, organisationId))
        const author = version.author_id === asker.principal.id
        if (author && (await parts.needs.privileged(tx, organisationId, gifts)))
          throw refuse('ACCESS_POLICY_NEEDS_ANOTHER')
      }
      const actor = asker === null ? ({ kind: 'system' } as const) : actorOf(asker.principal)
      await goLive(parts, tx, { organisationId, number, instead, from: 'shadowed', actor, reason })
    })
  })
}

/** What somebody tried to give, or to take from themselves, is in the ledger though nothing came of it. */
export async function noting(
  parts: PolicyParts,
  organisationId: string,
  number: number,
  asker: Asker | null,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (asker !== null && typeof code === 'string' && noted.has(code)) {
      const data = { version: number, why: code }
      parts.context.recorder.note(event('policies.refused', { organisationId, actor: actorOf(asker.principal), data }))
    }
    throw error
  }
}

const noted = new Set(['ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_POLICY_NEEDS_ANOTHER', 'ACCESS_POLICY_LOCKS_YOU_OUT'])
