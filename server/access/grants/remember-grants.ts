import type { Bus } from '../../platform/cache/cache.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Grants, RoleTable, Standing } from './grants.ts'
import { Remembered } from './remembered.ts'
import { standingOf } from './standing.ts'
import { readHad } from './standing-store.ts'

const maxOrganisations = 1_000
const maxSubjects = 20_000
const topic = 'access.changed'

type Needs = {
  readonly bus: Bus
  readonly clock: Clock
  readonly queries: Queries
  readonly readTable: (queries: Queries, organisationId: string) => Promise<RoleTable>
}

/** Who heard that something changed: a subject, or null for everybody. */
type Listener = (subjectId: string | null) => void

export type RememberedGrants = Grants & {
  /** Drops what is remembered here and in every other process: of these subjects, or of the whole organisation. */
  announce(organisationId: string, subjectIds: readonly string[] | null): Promise<void>
  onChange(listener: Listener): () => void
}

/** Standings and role tables, remembered while the bus is known to be alive. */
export function rememberGrants({ bus, clock, queries, readTable }: Needs): RememberedGrants {
  const tables = new Remembered<RoleTable>({ bus, clock, max: maxOrganisations })
  const standings = new Remembered<Standing>({ bus, clock, max: maxSubjects })
  const listeners = new Set<Listener>()

  // A message is a subject's identifier, as it was in the release before; or an organisation's, where many changed.
  const heard = (id: string | null) => {
    const organisation = id?.startsWith('org_') === true
    if (organisation) {
      tables.forgetOrganisation(id)
      standings.forgetOrganisation(id)
    } else standings.forget(id)
    if (id === null) tables.forget(null)
    for (const listener of listeners) listener(organisation ? null : id)
  }
  bus.subscribe(topic, heard)
  bus.onGap(() => heard(null))

  const roleTable = (organisationId: string) =>
    tables.get(organisationId, organisationId) ??
    tables.fill(organisationId, organisationId, () => readTable(queries, organisationId))

  return {
    roleTable,
    standingOf: (organisationId, subjectId) =>
      standings.get(organisationId, subjectId) ??
      standings.fill(
        organisationId,
        subjectId,
        async () => {
          const now = new Date(clock.nowMs())
          return standingOf(await readHad(queries, organisationId, subjectId, { now }), await roleTable(organisationId))
        },
        ({ untilMs }) => untilMs,
      ),
    async announce(organisationId, subjectIds) {
      for (const id of subjectIds ?? [organisationId]) {
        heard(id)
        await bus.publish(topic, id)
      }
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
