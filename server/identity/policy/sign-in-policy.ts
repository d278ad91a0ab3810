import type { Demand, SignInPolicy } from '@custodia/wire/http/factors.ts'
import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { prepared } from '../../platform/database/prepared.ts'

/** What holds where an organisation has said nothing: whoever enrolled a second factor is asked for it. */
export const defaultPolicy: SignInPolicy = {
  secondFactor: 'optional',
  roles: {},
  graceDays: 14,
  mailCodes: false,
  smsCodes: false,
  freshSeconds: null,
  attestation: 'none',
  authenticators: [],
}

export type StoredPolicy = { readonly policy: SignInPolicy; readonly changedAt: Date | null }

type Row = { document: SignInPolicy; changed_at: Date }

export async function readPolicy(queries: Queries, organisationId: string): Promise<StoredPolicy> {
  const { rows } =
    await sql<Row>`${prepared('identity.read-policy')}select document, changed_at from identity.sign_in_policy
    where organisation_id = ${organisationId}`.execute(queries)
  const row = rows[0]
  // Over the default: a setting that came later than the row has its default value.
  return row === undefined
    ? { policy: defaultPolicy, changedAt: null }
    : { policy: { ...defaultPolicy, ...row.document }, changedAt: row.changed_at }
}

export async function writePolicy(tx: Queries, organisationId: string, policy: SignInPolicy, now: Date): Promise<void> {
  await sql`insert into identity.sign_in_policy (organisation_id, document, changed_at)
    values (${organisationId}, ${JSON.stringify(policy)}::jsonb, ${now})
    on conflict (organisation_id) do update set document = excluded.document, changed_at = excluded.changed_at`.execute(
    tx,
  )
}

const order: readonly Demand[] = ['optional', 'required', 'phishing-resistant']

/** What is demanded of somebody with these roles: the strictest of all that applies. */
export function demandOn(policy: SignInPolicy, roles: readonly string[]): Demand {
  const demands = [
    policy.secondFactor,
    ...roles.map((role) => (Object.hasOwn(policy.roles, role) ? policy.roles[role] : undefined)),
  ]
  return order[Math.max(...demands.map((demand) => (demand === undefined ? 0 : order.indexOf(demand))))] as Demand
}
