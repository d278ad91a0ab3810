import type { KeyForApplication } from './api.ts'
import { refuse } from './errors.ts'
import type { Issued } from './issue.ts'
import { issue } from './issue.ts'
import { checkKnown } from './issue-own.ts'
import type { Parts } from './parts.ts'

/** The role of every application that calls with its key. */
const usualRole = 'application'

/**
 * Makes a key for an application, for the operator: nobody is asked for permission, and it never expires unless that is asked for.
 *
 * @throws Refusal APIKEY_ROLE_UNKNOWN, APIKEY_SCOPE_UNKNOWN, and what `issue` refuses.
 */
export async function issueForApplication(parts: Parts, asked: KeyForApplication): Promise<Issued> {
  const { applicationId, roles = [usualRole], scopes = null, name = null, days = null, ...rest } = asked
  const unknown = roles.find((role) => !parts.access.roles().some((one) => one.name === role))
  if (unknown !== undefined) throw refuse('APIKEY_ROLE_UNKNOWN', { role: unknown })
  if (scopes !== null) checkKnown(parts, scopes)
  const owner = { kind: 'application', id: applicationId } as const
  return await issue(parts, { ...rest, owner, name, roles, scopes, days, by: { kind: 'system' } })
}
