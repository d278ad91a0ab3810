import { createHmac } from 'node:crypto'
import type { Place } from '../../keyring/api.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import type { Devices } from './device.ts'
import { isDeviceOf } from './device.ts'
import type { History, Traits } from './history.ts'
import { noHistory } from './history.ts'
import type { Observation } from './observe.ts'
import { observe } from './observe.ts'
import type { Common, HistoryRow } from './store.ts'
import type { Spot } from './travel.ts'
import { paceOf } from './travel.ts'

/** Older than this, a history says nothing any more. */
export const historyDays = 400

/** One request of one person, held against what is remembered of them. */
export type Look = {
  /** As it was read. */
  readonly row: HistoryRow | null
  readonly devices: Devices
  readonly observation: Observation
  readonly traits: Traits
  readonly history: History
  /** The observation's values by the hashes that are everybody's, chain by chain. */
  readonly common: readonly (readonly Common[])[]
}

export async function lookAt(
  parts: Parts,
  person: PersonRow,
  head: RequestHead,
  { row, devices }: { readonly row: HistoryRow | null; readonly devices: Devices },
): Promise<Look> {
  const now = nowOf(parts)
  const agent = head.headers['user-agent']
  const observation = observe({ address: head.address, userAgent: agent, now }, parts.risk.places)
  const { chains, hour, spot } = observation
  const fresh = row !== null && now.getTime() - row.last_at.getTime() < historyDays * 86_400_000 ? row : null
  const before = fresh === null ? null : await openSpot(parts, person, fresh.spot_sealed)
  const hours = fresh === null ? 0 : (now.getTime() - fresh.last_at.getTime()) / 3_600_000
  const known = isDeviceOf(devices, person.id)
  const hashed = (whose: string) => (value: { feature: string; key: string }) =>
    createHmac('sha256', parts.risk.key)
      .update(`${whose}\0${value.feature}\0${value.key}`)
      .digest('base64url')
      .slice(0, 12)
  const own = hashed(person.id)
  const everybody = hashed('everybody')
  return {
    row,
    devices,
    observation,
    traits: {
      chains: chains.map((chain) => chain.map((one) => ({ feature: one.feature, hash: own(one), shown: one.shown }))),
      hour,
      known,
      pace: before === null ? null : paceOf(before, spot, hours),
    },
    history: fresh === null ? noHistory : { signIns: fresh.sign_ins, counts: fresh.counts },
    common: chains.map((chain) => chain.map((one) => ({ feature: one.feature, value: everybody(one) }))),
  }
}

/** Counted once a sign-in: how many there were. */
export const total: Common = { feature: 'total', value: '' }

export const spotPlace = (person: PersonRow): Place => ({
  organisationId: person.organisation_id,
  subjectId: person.id,
  collection: 'identity.risk_history',
  record: person.id,
  field: 'spot',
  schemaVersion: 1,
})

async function openSpot({ keyring }: Parts, person: PersonRow, sealed: Buffer | null): Promise<Spot | null> {
  if (sealed === null) return null
  try {
    return JSON.parse((await keyring.open(spotPlace(person), sealed)).toString()) as Spot
  } catch (error) {
    if (isRefusal(error)) return null
    throw error
  }
}
