import type { Queries } from '../../platform/database/database.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Compiled } from '../cedar/api.ts'
import type { Standing } from '../grants/grants.ts'
import type { CedarSchema } from './schema.ts'

/** Policies in Cedar's JSON form, by their ids. Never changed once it was handed on: what is compiled from it is kept by it. */
export type PolicySetJson = { readonly staticPolicies: Readonly<Record<string, unknown>> }

/** The policies of an organisation that count now. */
export type LivePolicies = {
  /** 1 and up; 0 where no version is live, and then there is no policy. */
  readonly version: number
  /** What the version was validated against; of version 0, what a version would be. */
  readonly schema: CedarSchema
  /** The organisation's own policies alone, by `policy/ID`: no built-in one can have such a name. */
  readonly policies: PolicySetJson
  /**
   * Those and the built-in ones, compiled. Compiled once for the same object `builtIn`, as long as somebody holds that.
   *
   * @throws PolicyRefused where a built-in one is faulty; the organisation's own were compiled before they were made live.
   */
  compileWith(builtIn: PolicySetJson): Compiled
}

export type LiveSource = {
  /** Answers at once from memory where it can. Fresh on the next call after a change, in every process. */
  live(organisationId: string): LivePolicies | Promise<LivePolicies>
}

/** What the rest of the module tells this room. */
export type PolicyNeeds = {
  /** Role, relation and boundary policies of the organisation, as they count now. The same object for the same content, if possible. */
  builtIn(organisationId: string): PolicySetJson | Promise<PolicySetJson>
  /** Roles and groups of a principal, transitively. */
  standingOf(organisationId: string, subjectId: string): Standing | Promise<Standing>
  /** Permissions that the principal has by its roles in its own organisation, for good, read in the transaction: not from a memory. */
  held(tx: Queries, principal: Principal): Promise<ReadonlySet<string>>
  /** Every permission that counts in the organisation: what a policy that names none is about. */
  grantable(tx: Queries, organisationId: string): Promise<readonly string[]>
  /** Whether a role with these permissions would wait for a second administrator. */
  privileged(tx: Queries, organisationId: string, permissions: ReadonlySet<string>): Promise<boolean>
  /** Says everywhere, after the commit, that who may do what is another now. */
  announce(organisationId: string): Promise<void>
}
