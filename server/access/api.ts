import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import type { Authorizer } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'

export { scopeCovers } from './key-scope.ts'

export type Role = { readonly name: string; readonly summary: string; readonly permissions: readonly string[] }

export type Access = Authorizer & {
  /** Every role that can be given, with the permissions it stands for (patterns resolved). */
  roles(): readonly Role[]
  /** Roles of one person or application. Cached; fresh on the next request after a change, in every process. */
  rolesOf(organisationId: string, subjectId: string): Promise<readonly string[]>
  /** Roles of many at once, for lists of at most 200. */
  rolesOfMany(organisationId: string, subjectIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /**
   * Replaces the subject's roles, with its event.
   *
   * @throws Refusal ACCESS_ROLE_UNKNOWN; ACCESS_NOT_YOURS_TO_GIVE where `by` lacks a permission that a role carries;
   * ACCESS_LAST_ADMINISTRATOR where nobody would be left.
   */
  setRoles(
    tx: Queries,
    change: { organisationId: string; subjectId: string; roles: readonly string[]; by: Principal | null; actor: Actor },
  ): Promise<void>
  /** Everything this principal is granted in its own organisation. */
  permissionsOf(principal: Principal): Promise<readonly string[]>
  /** Called with the subject whose roles changed, or null where all may have. @returns ends the subscription. */
  onChange(listener: (subjectId: string | null) => void): () => void
}
