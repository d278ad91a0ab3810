import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { rememberDevice } from './device.ts'
import { learn } from './history.ts'
import { lookAt, spotPlace, total } from './look.ts'
import { holdHistory, writeHistory } from './store.ts'

/**
 * Adds a sign-in that succeeded to what is remembered, in the transaction that completes it.
 *
 * @returns the Set-Cookie header by which this browser is known from now on.
 */
export async function remember(parts: Parts, tx: Queries, person: PersonRow, head: RequestHead): Promise<string> {
  const row = await holdHistory(tx, person.id)
  const { traits, history, common, observation } = await lookAt(parts, tx, person, head, row)
  const learnt = learn(history, traits)
  const { country, latitude, longitude } = observation.spot
  const spot = country === null ? null : JSON.stringify({ country, latitude, longitude })
  await writeHistory(tx, {
    person_id: person.id,
    counts: learnt.counts,
    sign_ins: learnt.signIns,
    spot_sealed: spot === null ? null : await parts.keyring.seal(spotPlace(person), spot),
    last_at: nowOf(parts),
  })
  afterCommit(tx, () => parts.risk.common.add([total, ...common.flat()]))
  return await rememberDevice(parts, tx, person.id, head)
}
