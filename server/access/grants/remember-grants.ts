import type { Bus } from '../../platform/cache/cache.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Grants, RoleTable, Standing } from './grants.ts'
import { Remembered } from './remembered.ts'
import { readServiceAccount } from './service-account-store.ts'
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

/** A service account, as whoever makes keys for it and lets them in must know it. */
export type KnownAccount = { readonly id: string; readonly name: string; readonly disabled: boolean }

/** Hears what changed: a subject; everybody of an organisation; everything, where both are null. */
type Listener = (subjectId: string | null, organisationId: string | null) => void

export type RememberedGrants = Grants & {
  /** @returns null where the organisation has none such. */
  serviceAccountOf(organisationId: string, id: string): Promise<KnownAccount | null>
  /** Drops what is remembered here and in every other process: of these subjects, or of the whole organisation. */
  announce(organisationId: string, subjectIds: readonly string[] | null): Promise<void>
  onChange(listener: Listener): () => void
  /** Drops what is remembered of the organisation here, and tells nobody. */
  forget(organisationId: string): void
  /** Drops all that is remembered here, and tells the listeners. */
  forgetAll(): void
}

/** Standings and role tables, remembered while the bus is known to be alive. */
export function rememberGrants({ bus, clock, queries, readTable }: Needs): RememberedGrants {
  const tables = new Remembered<RoleTable>({ bus, clock, max: maxOrganisations })
  const standings = new Remembered<Standing>({ bus, clock, max: maxSubjects })
  const accounts = new Remembered<KnownAccount | null>({ bus, clock, max: maxSubjects })
  const listeners = new Set<Listener>()

  // A message is a subject's identifier, as it was in the release before; or an organisation's, where many changed.
  const forget = (organisationId: string) => {
    tables.forgetOrganisation(organisationId)
    standings.forgetOrganisation(organisationId)
    accounts.forgetOrganisation(organisationId)
  }
  const heard = (id: string | null) => {
    const organisation = id?.startsWith('org_') === true
    if (organisation) forget(id)
    else {
      standings.forget(id)
      accounts.forget(id)
    }
    if (id === null) tables.forget(null)
    for (const listener of listeners) organisation ? listener(null, id) : listener(id, null)
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
    async serviceAccountOf(organisationId, id) {
      const known = accounts.get(organisationId, id)
      if (known !== undefined) return known
      return await accounts.fill(organisationId, id, async () => {
        const row = await readServiceAccount(queries, organisationId, id)
        return row === null ? null : { id, name: row.name, disabled: row.disabled_at !== null }
      })
    },
    async announce(organisationId, subjectIds) {
      const ids = subjectIds ?? [organisationId]
      for (const id of ids) heard(id)
      // What could not be said ends it: the bus then makes everybody forget everything.
      for (const id of ids) await bus.publish(topic, id)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    forget,
    forgetAll: () => heard(null),
  }
}
