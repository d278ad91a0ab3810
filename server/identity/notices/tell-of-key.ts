import type { Queries } from '../../platform/database/database.ts'
import type { KeyNotice } from '../api.ts'
import type { Parts } from '../parts.ts'
import { readPerson } from '../store.ts'
import { notify } from './notify.ts'

/** Tells a person of a key that calls in their name, in the transaction that made or ended it. */
export async function tellOfKey(parts: Parts, tx: Queries, userId: string, what: KeyNotice): Promise<void> {
  const person = await readPerson(tx, userId)
  if (person?.state === 'active') await notify(parts, tx, person, what, {})
}
