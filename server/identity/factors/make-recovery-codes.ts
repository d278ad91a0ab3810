import { createHmac } from 'node:crypto'
import type { Queries } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { newId } from '../../platform/random.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson } from '../store.ts'
import { deleteCodes, insertCodes, readSet } from './recovery-store.ts'

const codesAtOnce = 10
const charactersEach = 10
// Crockford's base32: no i, l, o or u, and what is read as one of them means the digit that it looks like.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Makes ten codes of 50 random bits each, and voids those before.
 *
 * @param tx the very object that `Database.transaction` handed out.
 * @returns as in `4k2mq-x7p9d`: the only time that anybody sees them.
 */
export async function makeRecoveryCodes(parts: Parts, tx: Queries, person: PersonRow): Promise<string[]> {
  const { random, recorder } = parts.context
  await lockPerson(tx, person.id)
  await deleteCodes(tx, person.id)
  const codes = Array.from({ length: codesAtOnce }, () => newCode(random))
  const set = newId('fac', random)
  await insertCodes(
    tx,
    codes.map((code) => ({
      code_hash: hashRecoveryCode(parts, person, code),
      set_id: set,
      person_id: person.id,
      created_at: nowOf(parts),
    })),
  )
  const about = {
    organisationId: person.organisation_id,
    actor: { kind: 'user', id: person.id } as const,
    subjectId: person.id,
  }
  await recorder.record(tx, event('recovery-codes.created', { ...about, data: { id: set, codes: codes.length } }))
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}

/**
 * For whoever enrols a second factor: without codes its loss would lock them out.
 *
 * @param tx the very object that `Database.transaction` handed out.
 * @returns null where some are left, which go on working.
 */
export async function firstRecoveryCodes(parts: Parts, tx: Queries, person: PersonRow): Promise<string[] | null> {
  await lockPerson(tx, person.id)
  const left = (await readSet(tx, person.id))?.left ?? 0
  return left > 0 ? null : await makeRecoveryCodes(parts, tx, person)
}

/** What the database holds of a code. @param code as typed. */
export function hashRecoveryCode({ recoveryKey }: Parts, person: PersonRow, code: string): Buffer {
  const read = code.toLowerCase().replaceAll(/[ -]/g, '').replaceAll(/[il]/g, '1').replaceAll('o', '0')
  return createHmac('sha256', recoveryKey).update(`${person.id}:${read}`).digest()
}

/** 32 divides 256: five bits of each byte are as random as all of them. */
const newCode = (random: Random): string =>
  Array.from(random.bytes(charactersEach), (byte) => alphabet[byte & 31]).join('')
