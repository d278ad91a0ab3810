import type { NewKey } from '@custodia/wire/http/keys.ts'
import { scopeCovers } from '../access/api.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import type { Issued } from './issue.ts'
import { issue } from './issue.ts'
import type { Parts } from './parts.ts'

/**
 * Makes a key for the person who asks. It takes a session: a key makes no key.
 *
 * @throws Refusal APIKEY_SCOPE_UNKNOWN, APIKEY_SCOPE_NOT_YOURS, APIKEY_EXPIRY_TOO_LATE, and what `issue` refuses.
 */
export async function issueOwn(parts: Parts, principal: UserPrincipal, wanted: NewKey): Promise<Issued> {
  const { organisationId, id } = principal
  checkKnown(parts, wanted.scopes)
  const held = await parts.access.permissionsOf(principal)
  // What they may not do now they may one day: a key from before must not have waited for it.
  const missing = wanted.scopes.find((scope) => !held.some((permission) => scopeCovers(scope, permission)))
  if (missing !== undefined) throw refuse('APIKEY_SCOPE_NOT_YOURS', { scope: missing })
  const owner = { kind: 'user', id } as const
  const days = daysFor(parts, wanted.days)
  return await issue(parts, { ...wanted, organisationId, owner, roles: [], days, by: owner })
}

/** A typing error would deny in silence. @throws Refusal APIKEY_SCOPE_UNKNOWN. */
export function checkKnown({ context }: Parts, scopes: readonly string[]): void {
  const known = Object.keys(context.permissions)
  const unknown = scopes.find((scope) => !known.some((permission) => scopeCovers(scope, permission)))
  if (unknown !== undefined) throw refuse('APIKEY_SCOPE_UNKNOWN', { scope: unknown })
}

/** @throws Refusal APIKEY_EXPIRY_TOO_LATE. */
export function daysFor({ context }: Parts, asked: number | undefined): number {
  const { maxDays } = context.config
  if (asked !== undefined && asked > maxDays) throw refuse('APIKEY_EXPIRY_TOO_LATE', { maxDays })
  return asked ?? maxDays
}
