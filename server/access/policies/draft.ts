import { createHash } from 'node:crypto'
import { actorFor } from '../../platform/http/operator.ts'
import type { Author } from '../author.ts'
import { event } from '../events.ts'
import { lockOrganisation } from '../revision.ts'
import { limits } from './limits.ts'
import { ownPolicies } from './own-policies.ts'
import type { PolicyParts } from './parts.ts'
import { nowOf, reasonPlace } from './parts.ts'
import { liveOf, requireHeld } from './requirements.ts'
import { dropOldest, insertVersion, nextNumber } from './store.ts'
import type { Study } from './study.ts'
import { studyText } from './study-version.ts'

export type Drafted = { readonly number: number; readonly study: Study }

/**
 * Keeps a text as the next version. It decides nothing yet, and may have errors: the study says which.
 *
 * @throws Refusal ACCESS_POLICY_UNREADABLE, ACCESS_POLICY_TOO_COMPLEX; ACCESS_NOT_YOURS_TO_GIVE where it permits what its author lacks.
 */
export async function draft(
  parts: PolicyParts,
  { text, reason }: { readonly text: string; readonly reason: string },
  by: Author,
): Promise<Drafted> {
  const { organisationId } = by
  const { database, recorder } = parts.context
  const study = await studyText(parts, organisationId, text)
  const own = ownPolicies(study.policies)
  const hash = createHash('sha256').update(text).digest()
  const number = await database.transaction(async (tx) => {
    await lockOrganisation(tx, organisationId)
    if (study.errors.length === 0 && by.kind !== 'operator')
      await requireHeld(parts, tx, by, own, await liveOf(tx, organisationId))
    const next = await nextNumber(tx, organisationId)
    const actor = actorFor(by)
    await insertVersion(tx, organisationId, {
      number: next,
      text,
      compiled: JSON.stringify(own),
      outline: JSON.stringify(study.policies.map((one) => [one.id, one.start, one.start + one.text.length])),
      hash,
      policies: study.policies.length,
      tests: study.testCount,
      author_kind: actor.kind,
      author_id: 'id' in actor ? actor.id : null,
      reason_sealed: await parts.keyring.seal(reasonPlace(organisationId, next), reason),
      created_at: nowOf(parts),
    })
    await dropOldest(tx, organisationId, limits.versions)
    const data = { version: next, hash: hash.toString('hex'), policies: study.policies.length, tests: study.testCount }
    await recorder.record(tx, event('policies.drafted', { organisationId, actor, data, personal: { reason } }))
    return next
  })
  return { number, study }
}
