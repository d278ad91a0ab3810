import type { Keyring } from '../../keyring/api.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Route } from '../../platform/http/route.ts'
import type { Job } from '../../platform/jobs/job.ts'
import type { Context, SubjectData } from '../../platform/module.ts'
import { closeDueReviews } from './close-review.ts'
import type { RoleTable } from './grants.ts'
import type { Directory, GiftListener, Operating, Parts, ShiftListener } from './parts.ts'
import type { RememberedGrants } from './remember-grants.ts'
import { rememberGrants } from './remember-grants.ts'
import { readWrittenRoles } from './role-store.ts'
import type { Configured } from './role-table.ts'
import { roleTableOf } from './role-table.ts'
import { routes } from './routes.ts'
import { readRights, readRightsOf } from './standing.ts'
import { subjectData } from './subject-data.ts'
import { sweep } from './sweep.ts'

/** The room, as the rest of the module sees it. */
export type GrantsRoom = RememberedGrants & {
  /** What every organisation has that made no roles: the one that operates the installation, and the others. */
  readonly plainTables: readonly RoleTable[]
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  /** The use cases' own parts, for tests that go past the routes. */
  readonly parts: Parts
  readTable(queries: Queries, organisationId: string): Promise<RoleTable>
  exceeds(tx: Queries, by: Principal, subjectId: string): Promise<string | null>
  lendDirectory(directory: Directory): void
  lendOperating(operating: Operating): void
  readonly operating: Operating
  onShift(listener: ShiftListener): () => void
  /** For what roles and groups have beside permissions: whoever gives them gives that, too. @returns ends the subscription. */
  onGift(listener: GiftListener): () => void
}

export function createGrants(context: Omit<Context, 'config'>, keyring: Keyring, configured: Configured): GrantsRoom {
  const { bus, clock, database } = context
  const plain = {
    operating: roleTableOf(configured, [], { operates: true }),
    other: roleTableOf(configured, [], { operates: false }),
  }
  let operating: Operating = async () => null
  const readTable = async (queries: Queries, organisationId: string) => {
    // Nothing is withheld from whoever operates the installation; while nobody is known to, it is withheld from all.
    const operates = configured.reaching.size === 0 || (await operating(queries)) === organisationId
    const written = await readWrittenRoles(queries, organisationId)
    if (written.length === 0) return operates ? plain.operating : plain.other
    return roleTableOf(configured, written, { operates })
  }
  const remembered = rememberGrants({ bus, clock, queries: database.queries, readTable })
  let directory: Directory | null = null
  const shifts = new Set<ShiftListener>()
  const gifts = new Set<GiftListener>()
  const parts: Parts = {
    ...{ context, keyring, configured, readTable, shifts, gifts },
    announce: remembered.announce,
    directory: () => directory,
  }
  const listen = <Listener>(all: Set<Listener>, listener: Listener) => {
    all.add(listener)
    return () => void all.delete(listener)
  }
  return {
    ...remembered,
    ...{ parts, readTable },
    plainTables: [plain.operating, plain.other],
    routes: routes(parts),
    jobs: [sweep(parts), closeDueReviews(parts)],
    subjectData: subjectData(parts),
    async exceeds(tx, by, subjectId) {
      const { organisationId } = by
      const at = { now: new Date(clock.nowMs()), table: await readTable(tx, organisationId) }
      const own = await readRightsOf(tx, by, at)
      const theirs = await readRights(tx, { organisationId, subjectId, ...at, evenDisabled: true })
      for (const [permission, untilMs] of theirs) if ((own.get(permission) ?? 0) < untilMs) return permission
      return null
    },
    lendDirectory(lent) {
      directory = lent
    },
    lendOperating(lent) {
      operating = lent
      // What was read before was read as of nobody.
      remembered.forgetAll()
    },
    operating: async (queries) => await operating(queries),
    onShift: (listener) => listen(shifts, listener),
    onGift: (listener) => listen(gifts, listener),
  }
}
