/** What somebody is, in one organisation, at this moment. */
export type Standing = {
  /** Names, sorted: assigned, by a group, or included in one of those. */
  readonly roles: readonly string[]
  /** `grp_…`, sorted: those that they are in, and those that these are in. */
  readonly groups: readonly string[]
  /** Epoch milliseconds of the earliest expiry of anything that it was made from; Infinity where nothing expires. */
  readonly untilMs: number
}

/** One role as it counts. */
export type RoleEntry = {
  readonly name: string
  readonly summary: string
  /** Sorted, what it includes counted in. */
  readonly permissions: readonly string[]
  /** Its own alone, sorted. */
  readonly ownPermissions: readonly string[]
  /** Names, sorted, as they were written: one step. */
  readonly includes: readonly string[]
  /** Names, sorted: every step, the role itself counted in. */
  readonly closure: readonly string[]
  /** True where giving it waits for a second administrator: it is marked, includes one that is, or covers one that is. */
  readonly privileged: boolean
  /** True where the role itself is marked. */
  readonly marked: boolean
  /** `configuration`: everybody's; `organisation`: its own. */
  readonly from: 'configuration' | 'organisation'
}

/** Every role of an organisation, those of the configuration counted in. */
export type RoleTable = {
  /** The same for the same content, in any organisation and any process. */
  readonly version: string
  /** By name, in the order of the names. */
  readonly roles: ReadonlyMap<string, RoleEntry>
  /**
   * Permissions that reach the whole installation, sorted: here they count for nobody, whatever roles, relations and policies say. None
   * in the organisation that operates the installation.
   */
  readonly withheld: readonly string[]
}

/**
 * Who is what. Answers at once from memory where it can: what is remembered is bounded by count and by `untilMs`, dropped when the bus says
 * `access.changed`, and not believed while the bus is not healthy.
 */
export type Grants = {
  /**
   * @param subjectId `usr_…`, `svc_…`, `grp_…`, or an application's name. Whoever is unknown, or a service account that is disabled, has
   * no role and no group. Whether a person may sign in is not its business.
   */
  standingOf(organisationId: string, subjectId: string): Standing | Promise<Standing>
  roleTable(organisationId: string): RoleTable | Promise<RoleTable>
}
