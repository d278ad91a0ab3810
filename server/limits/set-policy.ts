import { isKnownOfEverybody } from '@custodia/edge/limits/policy.ts'
import type { LimitPolicy, LimitScope, SetLimitPolicy } from '@custodia/wire/http/limits.ts'
import type { Queries } from '../platform/database/database.ts'
import { actorFor, boundBy } from '../platform/http/operator.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { By, Parts } from './parts.ts'
import { announce, nowOf, scopeFor, scopeName } from './parts.ts'
import { showPolicy } from './show.ts'
import type { PolicyRow } from './store.ts'
import { countPolicies, deletePolicy, lock, policyOf, readPolicy, savePolicy } from './store.ts'

/** What the configuration builds in has its names beside these. */
const mostOfInstallation = 30
const mostOfOrganisation = 5

/**
 * Says how often something may be done, from now on in every process. A policy of this name is replaced.
 *
 * @throws Refusal LIMITS_POLICY_INVALID, LIMITS_LOCKS_YOU_OUT, LIMITS_TOO_MANY; ACCESS_DENIED for the installation's.
 */
export async function setPolicy(parts: Parts, author: By, name: string, wanted: SetLimitPolicy): Promise<LimitPolicy> {
  const organisationId = await scopeFor(parts, author, wanted.scope)
  const row: PolicyRow = {
    organisation_id: organisationId,
    name,
    counted_by: wanted.by,
    burst: wanted.burst,
    per_seconds: wanted.perSeconds,
    dry_run: wanted.dryRun ?? false,
    exceeded: wanted.exceeded ?? 'refuse',
    classes: wanted.classes ?? null,
    methods: wanted.methods ?? null,
    path: wanted.path ?? null,
    application: wanted.application ?? null,
    changed_at: nowOf(parts),
    changed_by: boundBy(author)?.id ?? null,
  }
  requireFit(row)
  await parts.context.database.transaction(async (tx) => {
    await lock(tx, organisationId)
    const most = organisationId === null ? mostOfInstallation : mostOfOrganisation
    const isNew = (await readPolicy(tx, organisationId, name)) === null
    if (isNew && (await countPolicies(tx, organisationId)) >= most) throw refuse('LIMITS_TOO_MANY', { most })
    await write(parts, tx, author, row)
  })
  return showPolicy(policyOf(row), scopeName(organisationId))
}

/**
 * Only tries a policy from now on, or enforces it, with the figures that it has at that moment.
 *
 * @throws Refusal LIMITS_POLICY_UNKNOWN, LIMITS_LOCKS_YOU_OUT
 */
export async function setDryRun(parts: Parts, author: By, name: string, dryRun: boolean): Promise<LimitPolicy> {
  const organisationId = await scopeFor(parts, author, undefined)
  const row = await parts.context.database.transaction(async (tx) => {
    await lock(tx, organisationId)
    const found = await readPolicy(tx, organisationId, name)
    if (found === null) throw refuse('LIMITS_POLICY_UNKNOWN')
    const wanted = { ...found, dry_run: dryRun, changed_at: nowOf(parts), changed_by: boundBy(author)?.id ?? null }
    requireFit(wanted)
    await write(parts, tx, author, wanted)
    return wanted
  })
  return showPolicy(policyOf(row), scopeName(organisationId))
}

/** @throws Refusal LIMITS_POLICY_INVALID, LIMITS_LOCKS_YOU_OUT */
function requireFit(row: PolicyRow): void {
  const ofOrganisation = row.organisation_id !== null
  if (ofOrganisation && row.counted_by === 'route') throw refuse('LIMITS_POLICY_INVALID', { field: 'body.by' })
  if (row.exceeded === 'challenge' && (ofOrganisation || !isKnownOfEverybody(row.counted_by)))
    throw refuse('LIMITS_POLICY_INVALID', { field: 'body.exceeded' })
  if (!row.dry_run && tooStrict(row)) throw refuse('LIMITS_LOCKS_YOU_OUT', { field: 'body.burst' })
}

/** With its entry in the ledger; under `lock`. */
async function write(parts: Parts, tx: Queries, author: By, row: PolicyRow): Promise<void> {
  await savePolicy(tx, row)
  const { organisation_id: organisationId, name: policy, burst, exceeded, classes, methods, path, application } = row
  const { counted_by: by, per_seconds: perSeconds, dry_run: dryRun } = row
  const scope = scopeName(organisationId)
  const data = { policy, scope, by, burst, perSeconds, dryRun, exceeded, classes, methods, path, application }
  await parts.context.recorder.record(tx, event('policy.set', { organisationId, actor: actorFor(author), data }))
  announce(parts, tx)
}

/** Somebody must be able to come in and take it back: five sign-ins an hour from anywhere on Custodia's own routes, or whoever works for one. */
const tooStrict = ({ application, exceeded, burst, per_seconds }: PolicyRow): boolean =>
  application === null && exceeded === 'refuse' && (burst < 5 || per_seconds > 3_600)

/** @throws Refusal LIMITS_POLICY_UNKNOWN; ACCESS_DENIED for the installation's. */
export async function removePolicy(
  parts: Parts,
  author: By,
  name: string,
  scope: LimitScope | undefined,
): Promise<void> {
  const organisationId = await scopeFor(parts, author, scope)
  await parts.context.database.transaction(async (tx) => {
    if (!(await deletePolicy(tx, organisationId, name))) throw refuse('LIMITS_POLICY_UNKNOWN')
    const data = { policy: name, scope: scopeName(organisationId) }
    await parts.context.recorder.record(tx, event('policy.removed', { organisationId, actor: actorFor(author), data }))
    announce(parts, tx)
  })
}
