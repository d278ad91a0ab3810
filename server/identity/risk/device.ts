import { createHmac } from 'node:crypto'
import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { deviceSeconds, readDeviceTokens, setDeviceCookie } from './device-cookie.ts'
import { hasAddress, insertDevice, readDevices, touchDevice } from './store.ts'

const maxDevices = 20

const hashOf = ({ risk }: Parts, token: string): Buffer =>
  createHmac('sha256', risk.key).update('device\0').update(token).digest()

async function devicesOf(parts: Parts, queries: Queries, head: RequestHead) {
  const tokens = readDeviceTokens(head.headers.cookie).map((token) => ({ token, hash: hashOf(parts, token) }))
  const since = new Date(nowOf(parts).getTime() - deviceSeconds * 1_000)
  const rows = await readDevices(
    queries,
    tokens.map(({ hash }) => hash),
    since,
  )
  return { tokens, rows }
}

/** True where this browser has signed this person in before. */
export async function isDeviceOf(
  parts: Parts,
  personId: string,
  head: RequestHead,
  queries?: Queries,
): Promise<boolean> {
  const { rows } = await devicesOf(parts, queries ?? parts.context.database.queries, head)
  return rows.some((row) => row.person_id === personId)
}

/**
 * True where this browser has signed in before whoever has this mail address. Asked before anything was proven, so it looks by the
 * cookie first: who has none of ours learns nothing by the time that it takes, whether or not there is such a person.
 */
export async function knowsDevice(parts: Parts, emailIndex: Buffer, head: RequestHead): Promise<boolean> {
  const { queries } = parts.context.database
  const { rows } = await devicesOf(parts, queries, head)
  if (rows.length === 0) return false
  return await hasAddress(
    queries,
    rows.map((row) => row.person_id),
    emailIndex,
  )
}

/**
 * Remembers that this browser signed this person in. A token that we do not know as this person's is never taken over: whoever
 * planted it would hold it, too.
 *
 * @returns the Set-Cookie header, for 400 days from now.
 */
export async function rememberDevice(parts: Parts, tx: Queries, personId: string, head: RequestHead): Promise<string> {
  const now = nowOf(parts)
  const { tokens, rows } = await devicesOf(parts, tx, head)
  const mine = rows.find((row) => row.person_id === personId)
  const known = tokens.filter(({ hash }) => rows.some((row) => row.token_hash.equals(hash)))
  if (mine !== undefined) {
    await touchDevice(tx, mine.token_hash, now)
    const first = known.filter(({ hash }) => hash.equals(mine.token_hash))
    return setDeviceCookie([...first, ...known.filter((one) => !first.includes(one))].map(({ token }) => token))
  }
  const token = parts.context.random.bytes(32).toString('base64url')
  const row = { token_hash: hashOf(parts, token), person_id: personId, created_at: now, last_used_at: now }
  await insertDevice(tx, row, maxDevices)
  return setDeviceCookie([token, ...known.map((one) => one.token)])
}
