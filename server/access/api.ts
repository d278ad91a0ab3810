import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import type { Authorizer } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Grants } from './grants/grants.ts'
import type { Directory, Operating, ShiftListener } from './grants/parts.ts'
import type { KnownAccount } from './grants/remember-grants.ts'
import type { SessionDirectory } from './relations/on-behalf.ts'

export type { Directory } from './grants/parts.ts'
export { scopeCovers } from './key-scope.ts'

export type Role = { readonly name: string; readonly summary: string; readonly permissions: readonly string[] }

export type Access = Authorizer &
  Grants & {
    /** Every role of the configuration that can be given, with the permissions it stands for (patterns resolved). */
    roles(): readonly Role[]
    /**
     * Roles of one person, service account or application: assigned, by groups, and included in those. Cached; fresh on the next request after
     * a change, in every process. They end at `standingOf(…).untilMs` at the latest.
     */
    rolesOf(organisationId: string, subjectId: string): Promise<readonly string[]>
    /** Roles that they have by themselves and for good, as committed: what `setRoles` replaces. For lists of at most 200. */
    rolesOfMany(organisationId: string, subjectIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
    /**
     * Replaces the roles that the subject has by itself and for good, with its event.
     *
     * @throws Refusal ACCESS_ROLE_UNKNOWN; ACCESS_NOT_YOURS_TO_GIVE where `by` lacks a permission that a role carries, ACCESS_EXPIRY_TOO_LATE
     * where `by` has it for a time only; ACCESS_APPROVAL_NEEDED for a privileged role; ACCESS_LAST_ADMINISTRATOR where nobody would be left.
     */
    setRoles(
      tx: Queries,
      change: {
        organisationId: string
        subjectId: string
        roles: readonly string[]
        by: Principal | null
        actor: Actor
      },
    ): Promise<void>
    /** Everything this principal is granted in its own organisation. */
    permissionsOf(principal: Principal): Promise<readonly string[]>
    /** What a set of roles carries in an organisation, what they include counted in. */
    permissionsOfRoles(queries: Queries, organisationId: string, roles: readonly string[]): Promise<ReadonlySet<string>>
    /**
     * Holds what a subject may do against what `by` may, as committed: for whoever acts in the subject's place, or on its way in.
     *
     * @returns a permission that the subject has and `by` lacks, or would have for longer; null where there is none.
     */
    exceeds(tx: Queries, by: Principal, subjectId: string): Promise<string | null>
    /** Until the transaction ends, nobody else changes who may do what in the organisation. After locks of one's own. */
    lock(tx: Queries, organisationId: string): Promise<void>
    /** @returns null where the organisation has none such. Cached as `rolesOf`, which are none while it is disabled. */
    serviceAccount(organisationId: string, id: string): Promise<KnownAccount | null>
    /** Called once, by the module that knows people. */
    lendDirectory(directory: Directory): void
    /** Called once, by the module that knows organisations. Until then what reaches the whole installation counts for nobody. */
    lendOperating(operating: Operating): void
    /** The organisation that operates the installation; null while there is none. */
    operating: Operating
    /** Called once, by the module that knows sessions. */
    lendSessions(sessions: SessionDirectory): void
    /** Called in the transaction of changes made here: not by `setRoles`, whose caller knows of it. @returns ends the subscription. */
    onShift(listener: ShiftListener): () => void
    /** Called with the subject whose roles changed, or null where all may have. @returns ends the subscription. */
    onChange(listener: (subjectId: string | null) => void): () => void
  }
