import { isRefusal } from '../../platform/errors.ts'
import type { Parts } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { spotPlace } from './look.ts'
import { listDevices, readHistory } from './store.ts'

/**
 * What is remembered of a person's sign-ins to tell the next one apart, for their own copy: values of networks and browsers are
 * pseudonyms here as well, since nothing else is kept. `lastPlace` is a country and whole degrees.
 */
export async function showHistory(parts: Parts, person: PersonRow): Promise<Record<string, unknown>> {
  const { queries } = parts.context.database
  const [row, devices] = await Promise.all([readHistory(queries, person.id), listDevices(queries, person.id)])
  return {
    signIns: row && {
      counted: row.sign_ins,
      lastAt: row.last_at.toISOString(),
      counts: row.counts,
      lastPlace: await placeOf(parts, person, row.spot_sealed),
    },
    devices: devices.map(({ created_at, last_used_at }) => ({
      createdAt: created_at.toISOString(),
      lastUsedAt: last_used_at.toISOString(),
    })),
  }
}

/** @returns null where none was known, and for somebody whose key was destroyed. */
async function placeOf({ keyring }: Parts, person: PersonRow, sealed: Buffer | null): Promise<unknown> {
  if (sealed === null) return null
  try {
    return JSON.parse((await keyring.open(spotPlace(person), sealed)).toString())
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
