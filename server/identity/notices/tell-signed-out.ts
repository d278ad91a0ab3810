import type { Queries } from '../../platform/database/database.ts'
import type { EndedAll } from '../../sessions/api.ts'
import type { Parts } from '../parts.ts'
import { readPerson } from '../store.ts'
import { notify } from './notify.ts'

/** Ends that are told of by themselves. With every other goes a notice that says it already, or nobody is left to be told. */
const told: ReadonlySet<string> = new Set(['signed-out-everywhere', 'ended-others', 'ended', 'not-me'])

/** Tells a person that they were signed out everywhere, by whomever, in the transaction that does it. */
export async function tellSignedOut(parts: Parts, tx: Queries, ended: EndedAll): Promise<void> {
  const { userId, why, actor, except } = ended
  if (!told.has(why)) return
  const person = await readPerson(tx, userId)
  if (person?.state !== 'active') return
  const byAnother = actor.kind !== 'user' || actor.id !== userId
  await notify(parts, tx, person, 'signed-out-everywhere', { byAnother, spared: except !== null })
}
