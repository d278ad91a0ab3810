import type { Policy } from '@custodia/edge/limits/policy.ts'
import type { LimitEntries, LimitEntry, LimitedNow, LimitPolicies, LimitPolicy } from '@custodia/wire/http/limits.ts'
import type { By, Parts } from './parts.ts'
import { mayInstallation, nowOf, scopeName } from './parts.ts'
import type { EntryRow, LimitedRow } from './store.ts'
import { listEntries, listLimited } from './store.ts'

/** How long somebody who was limited is shown. */
export const shownForMs = 3_600_000

/** What counts for callers of one's own organisation. */
export function showPolicies({ standing }: Parts, by: By): LimitPolicies {
  const { builtIn, ofInstallation, ofApplications, ofOrganisations } = standing.policies
  const own = ofOrganisations.filter(({ organisation }) => organisation === by.organisationId)
  return {
    items: [
      ...own.map((policy) => showPolicy(policy, 'organisation')),
      ...ofInstallation.map((policy) => showPolicy(policy, 'installation')),
      ...ofApplications.map((policy) => showPolicy(policy, 'application')),
      ...builtIn.map((policy) => showPolicy(policy, 'built-in')),
    ],
    store: standing.store.name,
    storeLost: standing.store.lost(),
  }
}

export const showPolicy = (policy: Policy, scope: LimitPolicy['scope']): LimitPolicy => ({
  name: policy.name,
  scope,
  by: policy.by,
  burst: policy.burst,
  perSeconds: policy.perSeconds,
  dryRun: policy.dryRun,
  exceeded: policy.exceeded ?? 'refuse',
  classes: policy.classes === undefined ? null : [...policy.classes],
  methods: policy.methods === undefined ? null : [...policy.methods],
  path: policy.path ?? null,
  application: policy.application ?? null,
})

/** One's own organisation's; those of the installation for whoever decides about it. */
export async function showEntries(parts: Parts, by: By): Promise<LimitEntries> {
  const everybody = await mayInstallation(parts, by)
  const rows = await listEntries(parts.context.database.queries, nowOf(parts))
  const visible = rows.filter(({ organisation_id: whose }) =>
    whose === null ? everybody : whose === by.organisationId,
  )
  return { items: visible.map(showEntry) }
}

export const showEntry = (row: EntryRow): LimitEntry => ({
  id: row.id,
  scope: scopeName(row.organisation_id),
  list: row.list,
  network: row.network,
  account: row.account,
  reason: row.reason,
  until: row.until.toISOString(),
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
})

/** Callers of one's own organisation, or of all for the operator who names none; whoever decides about the installation sees those, too, whom nobody knew. */
export async function showLimited(parts: Parts, by: By): Promise<LimitedNow> {
  await parts.limited.flush()
  const after = new Date(nowOf(parts).getTime() - shownForMs)
  const everybody = await mayInstallation(parts, by)
  const rows = await listLimited(parts.context.database.queries, by.organisationId, everybody, after)
  return { items: rows.map(showOne) }
}

export const showOne = (row: LimitedRow): LimitedNow['items'][number] => ({
  policy: row.policy,
  by: row.counted_by,
  subject: row.subject,
  route: row.route,
  dryRun: row.dry_run,
  challenged: row.challenged,
  times: Number(row.times),
  solved: Number(row.solved),
  since: row.since.toISOString(),
  lastAt: row.last_at.toISOString(),
  until: row.until.toISOString(),
})
