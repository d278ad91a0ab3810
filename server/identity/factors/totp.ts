import type { Place } from '../../keyring/api.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import type { Factor } from './factor.ts'
import { stepOfCode } from './totp-code.ts'
import { deleteAuthenticator, readAuthenticators, renameAuthenticator, useStep } from './totp-store.ts'

/** Authenticator apps (RFC 6238). Each code works once: its time step is used up, and every step before it. */
export const totp: Factor = {
  kind: 'totp',
  amr: 'otp',
  strength: 'possession',
  way: async (parts, person) =>
    (await readAuthenticators(parts.context.database.queries, person.id)).length === 0 ? null : '',

  async prove(parts, { person }, proof) {
    if (proof.factor !== 'totp') return false
    const { queries } = parts.context.database
    const now = nowOf(parts)
    for (const { id, secret_sealed: sealed } of await readAuthenticators(queries, person.id)) {
      const secret = await parts.keyring.open(totpPlace(person, id, 'secret'), sealed)
      const step = stepOfCode(secret, proof.code, now.getTime())
      if (step !== null && (await useStep(queries, id, step, now))) return true
    }
    return false
  },

  async list(parts, person) {
    const rows = await readAuthenticators(parts.context.database.queries, person.id)
    return await Promise.all(
      rows.map(async (row) => ({
        id: row.id,
        factor: 'totp' as const,
        name: (await parts.keyring.open(totpPlace(person, row.id, 'name'), row.name_sealed)).toString(),
        createdAt: row.created_at.toISOString(),
        lastUsedAt: row.last_used_at?.toISOString() ?? null,
        facts: [],
      })),
    )
  },

  async rename(parts, tx, person, id, name) {
    const nameSealed = await sealTotp(parts, person, id, 'name', name)
    return await renameAuthenticator(tx, { id, personId: person.id, nameSealed })
  },

  remove: async (_parts, tx, person, id) => await deleteAuthenticator(tx, id, person.id),
}

/** Where an authenticator's fields stand. */
export const totpPlace = (person: PersonRow, id: string, field: 'secret' | 'name'): Place => ({
  organisationId: person.organisation_id,
  subjectId: person.id,
  collection: 'identity.totp',
  record: id,
  field,
  schemaVersion: 1,
})

export const sealTotp = async (
  { keyring }: Parts,
  person: PersonRow,
  id: string,
  field: 'secret' | 'name',
  value: string | Uint8Array,
): Promise<Buffer> => await keyring.seal(totpPlace(person, id, field), value)
