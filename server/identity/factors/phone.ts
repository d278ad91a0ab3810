import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Place } from '../../keyring/api.ts'
import type { Queries } from '../../platform/database/database.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Parts } from '../parts.ts'
import { countPasskeys } from '../passkeys/store.ts'
import type { PersonRow } from '../store.ts'
import { readPhones } from './phone-store.ts'
import { readAuthenticators } from './totp-store.ts'

/** Where a phone's fields stand. */
const phonePlace = (person: PersonRow, id: string, field: 'number' | 'name'): Place => ({
  organisationId: person.organisation_id,
  subjectId: person.id,
  collection: 'identity.phone',
  record: id,
  field,
  schemaVersion: 1,
})

export const sealPhone = async (
  { keyring }: Parts,
  person: PersonRow,
  id: string,
  field: 'number' | 'name',
  value: string,
): Promise<Buffer> => await keyring.seal(phonePlace(person, id, field), value)

export const openPhone = async (
  { keyring }: Parts,
  person: PersonRow,
  id: string,
  field: 'number' | 'name',
  sealed: Buffer,
): Promise<string> => (await keyring.open(phonePlace(person, id, field), sealed)).toString()

export type Phone = { readonly id: string; readonly number: string }

/** The confirmed phones of a person, the oldest first; none of somebody whose data was erased. */
export async function phonesOf(parts: Parts, queries: Queries, person: PersonRow): Promise<readonly Phone[]> {
  const rows = await readPhones(queries, person.id)
  try {
    return await Promise.all(
      rows.map(async ({ id, number_sealed: sealed }) => ({
        id,
        number: await openPhone(parts, person, id, 'number', sealed),
      })),
    )
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return []
    throw error
  }
}

/**
 * The phones by which a person can sign in. None where they have something better, or where texts are off for them: the weakest way that is
 * open decides how safe an account is, so a code by text is never a way around a passkey or an authenticator app.
 */
export async function phonesForSignIn(
  parts: Parts,
  person: PersonRow,
  policy: SignInPolicy,
): Promise<readonly Phone[]> {
  if (!policy.smsCodes || !parts.mail.textDeliverable) return []
  const { queries } = parts.context.database
  const phones = (await phonesOf(parts, queries, person)).filter(({ number }) => parts.mail.canText(number))
  if (phones.length === 0 || (await countPasskeys(queries, person.id)) > 0) return []
  return (await readAuthenticators(queries, person.id)).length > 0 ? [] : phones
}

/** As in `…67`: enough to tell one's own phones apart, and little for whoever has the password. */
export const maskNumber = (number: string): string => `…${number.slice(-2)}`
