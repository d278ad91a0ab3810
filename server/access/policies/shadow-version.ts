import { actorFor } from '../../platform/http/operator.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { requireGreen } from './judge.ts'
import { livePolicies } from './live-cache.ts'
import { ownPolicies } from './own-policies.ts'
import type { PolicyParts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { ShadowReport } from './shadow.ts'
import { shadow } from './shadow.ts'
import { markShadowed } from './store.ts'
import { requireVersion, studyVersion } from './study-version.ts'

/** How many decisions, and how old, and how long it may take. */
const most = { decisions: 10_000, ms: 10_000 } as const
const dayMs = 86_400_000

/**
 * Tries a tested version on the decisions of the last days, beside the one that is live: nothing changes by it. The report is kept with the
 * version, which can be made live from then on, until another one is.
 *
 * @param days 1 to 400.
 * @throws Refusal ACCESS_POLICY_VERSION_UNKNOWN, ACCESS_POLICY_STATE, ACCESS_POLICY_NOT_GREEN
 */
export async function shadowVersion(
  parts: PolicyParts,
  { number, days, signal }: { readonly number: number; readonly days: number; readonly signal?: AbortSignal },
  by: Author,
): Promise<ShadowReport> {
  const { organisationId } = by
  const { database, recorder, clock } = parts.context
  const version = await requireVersion(parts, organisationId, number)
  if (version.state !== 'tested' && version.state !== 'shadowed')
    throw refuse('ACCESS_POLICY_STATE', { detail: version.state })
  const study = await studyVersion(parts, organisationId, version)
  requireGreen(study)
  const report = await shadow(parts.decisions, {
    organisationId,
    builtIn: await parts.needs.builtIn(organisationId),
    live: await parts.cache.get(organisationId),
    candidate: livePolicies(number, parts.schema, ownPolicies(study.policies)),
    types: parts.types,
    since: new Date(clock.nowMs() - days * dayMs),
    limit: most.decisions,
    untilMs: performance.now() + most.ms,
    nowMs: () => performance.now(),
    ...(signal === undefined ? {} : { signal }),
  })
  await database.transaction(async (tx) => {
    const kept = { against: report.against, report: JSON.stringify(report), at: nowOf(parts) }
    if (!(await markShadowed(tx, organisationId, number, kept))) throw refuse('ACCESS_POLICY_STATE')
    const { against, replayed, toAllow, toDeny } = report
    const data = { version: number, against, replayed, toAllow, toDeny }
    await recorder.record(tx, event('policies.shadowed', { organisationId, actor: actorFor(by), data }))
  })
  return report
}
