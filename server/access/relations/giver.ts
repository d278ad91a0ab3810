import type { Queries } from '../../platform/database/database.ts'
import { assuranceOf, assurances } from '../../platform/http/assurance.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { RoleTable } from '../grants/grants.ts'
import { readRightsOf, standingOf } from '../grants/standing.ts'
import { readHad } from '../grants/standing-store.ts'
import type { Giver } from './api.ts'

type Needs = {
  readonly nowMs: number
  readonly address: string | null
  readonly readTable: (queries: Queries, organisationId: string) => Promise<RoleTable>
}

/** Whose right limits a change, with what they have in this transaction; of a key, with no more than it was made for. */
export async function giverOf(tx: Queries, principal: Principal, { nowMs, address, readTable }: Needs): Promise<Giver> {
  const { organisationId, id } = principal
  const now = new Date(nowMs)
  const table = await readTable(tx, organisationId)
  const rights = await readRightsOf(tx, principal, { now, table })
  const factors = principal.kind === 'user' ? principal.factors : []
  return {
    subject: { type: principal.kind === 'key' ? principal.owner.kind : principal.kind, id },
    standing: standingOf(await readHad(tx, organisationId, id, { now }), table),
    circumstances: { nowMs, network: address, assurance: assurances.indexOf(assuranceOf(factors)) + 1 },
    permissions: new Set(rights.keys()),
  }
}
