import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { devicesOf, rememberDevice } from './device.ts'
import { learn } from './history.ts'
import type { Look } from './look.ts'
import { lookAt, spotPlace, total } from './look.ts'
import type { HistoryRow } from './store.ts'
import { holdHistory, replaceHistory, writeHistory } from './store.ts'

/**
 * Adds a sign-in that succeeded to what is remembered, in the transaction that completes it.
 *
 * @param look where the same request was looked at before; it stands unless another sign-in was counted meanwhile.
 * @returns the Set-Cookie header by which this browser is known from now on.
 */
export async function remember(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  head: RequestHead,
  look: Look | null,
): Promise<string> {
  const seen =
    look?.row != null && (await replaceHistory(tx, look.row, await oneMore(parts, person, look)))
      ? look
      : await lookAgain(parts, tx, person, head, look)
  afterCommit(tx, () => parts.risk.common.add([total, ...seen.common.flat()]))
  return await rememberDevice(parts, tx, person.id, seen.devices)
}

/** One sign-in at a time: two at once are both counted. */
async function lookAgain(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  head: RequestHead,
  look: Look | null,
): Promise<Look> {
  const devices = look?.devices ?? (await devicesOf(parts, head))
  const row = await holdHistory(tx, person.id)
  const seen = await lookAt(parts, person, head, { row, devices })
  await writeHistory(tx, await oneMore(parts, person, seen))
  return seen
}

async function oneMore(parts: Parts, person: PersonRow, { history, traits, observation }: Look): Promise<HistoryRow> {
  const { counts, signIns } = learn(history, traits)
  const { country, latitude, longitude } = observation.spot
  const spot = country === null ? null : JSON.stringify({ country, latitude, longitude })
  return {
    person_id: person.id,
    counts,
    sign_ins: signIns,
    spot_sealed: spot === null ? null : await parts.keyring.seal(spotPlace(person), spot),
    last_at: nowOf(parts),
  }
}
