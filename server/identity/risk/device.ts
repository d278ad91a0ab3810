import { createHmac } from 'node:crypto'
import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { deviceSeconds, readDeviceTokens, setDeviceCookie } from './device-cookie.ts'
import type { KnownDevice } from './store.ts'
import { insertDevice, readDevices, touchDevice } from './store.ts'

const maxDevices = 20

const hashOf = ({ risk }: Parts, token: string): Buffer =>
  createHmac('sha256', risk.key).update('device\0').update(token).digest()

/** What the device cookie of one request says: read once, and asked by everybody who decides on it. */
export type Devices = {
  readonly tokens: readonly { readonly token: string; readonly hash: Buffer }[]
  /** Those of them that we know, whoever they speak for. */
  readonly rows: readonly KnownDevice[]
}

/** Looks by the cookie alone: who has none of ours learns nothing by the time that it takes, whoever they claim to be. */
export async function devicesOf(parts: Parts, head: RequestHead): Promise<Devices> {
  const tokens = readDeviceTokens(head.headers.cookie).map((token) => ({ token, hash: hashOf(parts, token) }))
  const since = new Date(nowOf(parts).getTime() - deviceSeconds * 1_000)
  const hashes = tokens.map(({ hash }) => hash)
  return { tokens, rows: await readDevices(parts.context.database.queries, hashes, since) }
}

/** True where this browser has signed this person in before. */
export const isDeviceOf = ({ rows }: Devices, personId: string): boolean =>
  rows.some((row) => row.person_id === personId)

/** True where this browser has signed in before whoever has this mail address. */
export const knowsDevice = ({ rows }: Devices, emailIndex: Buffer): boolean =>
  rows.some((row) => row.email_index.equals(emailIndex))

/**
 * Remembers that this browser signed this person in. A token that we do not know as this person's is never taken over: whoever
 * planted it would hold it, too.
 *
 * @returns the Set-Cookie header, for 400 days from now.
 */
export async function rememberDevice(
  parts: Parts,
  tx: Queries,
  personId: string,
  { tokens, rows }: Devices,
): Promise<string> {
  const now = nowOf(parts)
  const mine = rows.find((row) => row.person_id === personId)
  const known = tokens.filter(({ hash }) => rows.some((row) => row.token_hash.equals(hash)))
  if (mine !== undefined && (await touchDevice(tx, mine.token_hash, now))) {
    const first = known.filter(({ hash }) => hash.equals(mine.token_hash))
    return setDeviceCookie([...first, ...known.filter((one) => !first.includes(one))].map(({ token }) => token))
  }
  const token = parts.context.random.bytes(32).toString('base64url')
  const row = { token_hash: hashOf(parts, token), person_id: personId, created_at: now, last_used_at: now }
  await insertDevice(tx, row, maxDevices)
  const others = known.filter(({ hash }) => mine === undefined || !hash.equals(mine.token_hash))
  return setDeviceCookie([token, ...others.map((one) => one.token)])
}
