import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { setCookie } from './cookie.ts'
import { event } from './events.ts'
import type { LiveRow } from './handle-store.ts'
import { insertHandle } from './handle-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { claimRenewal, endRenewal, markForRenewal, supersedeOthers, supersedeUntil } from './renewal-store.ts'
import { graceMs } from './rotate.ts'
import type { Whose } from './store.ts'
import { newToken, storedHash } from './token.ts'

/** How often a new cookie is handed out that does not come back: answers get lost, but not for ever. */
const maxRenewals = 5

/**
 * Lets every live session of a person have a new cookie at its next request, because what the person may do was changed.
 *
 * @returns how many there are.
 */
export async function rotateAll(
  parts: Parts,
  tx: Queries,
  user: Whose,
  { raised }: { readonly raised: boolean },
): Promise<number> {
  const ids = await markForRenewal(tx, user, { raised }, nowOf(parts))
  // At most 200 fit into one message; a person has no more.
  parts.ended.announceChange(tx, ...ids)
  return ids.length
}

type Due = LiveRow & { readonly privileges_at: Date }

/**
 * Replaces the cookie of a session that is due. Unlike a rotation that somebody waits for, this one goes along with any answer, and
 * answers get lost: so the old cookie goes on until the new one has come back, and then serves for the grace of other tabs. Of many
 * requests at once one is given a new cookie, and none more within the grace.
 */
export async function renew(parts: Parts, row: Due, token: string, head: RequestHead): Promise<void> {
  if (row.superseded_at !== null) return
  if (row.created_at > row.privileges_at) await arrived(parts, row, token)
  else await handOut(parts, row, head)
}

async function handOut(parts: Parts, row: Due, head: RequestHead): Promise<void> {
  const { random, database, config } = parts.context
  const now = nowOf(parts)
  const cookie = await database.transaction(async (tx) => {
    const claim = { due: row.privileges_at, before: new Date(now.getTime() - graceMs), max: maxRenewals }
    const times = await claimRenewal(tx, row.id, claim, now)
    if (times === null) return null
    const token = newToken(random)
    const bound = row.bound_key === null ? null : config.boundCookieSeconds
    const handle = {
      token_hash: storedHash(token, parts.tokenKey),
      session_id: row.id,
      host: null,
      // Later than the change, also where another process's clock is ahead: by that the new ones are told from the old.
      created_at: new Date(Math.max(now.getTime(), row.privileges_at.getTime() + 1)),
      factors: row.factors,
      authenticated_at: row.authenticated_at,
      expires_at: bound === null ? row.expires_at : new Date(now.getTime() + bound * 1000),
    }
    if (!(await insertHandle(tx, handle))) return null
    // Whoever never takes a new one does not keep the old one by that.
    if (times === maxRenewals) await supersedeUntil(tx, row.id, row.privileges_at, ends(now))
    return setCookie(token, bound)
  })
  if (cookie !== null) parts.renewed.set(head, cookie)
}

async function arrived(parts: Parts, row: Due, token: string): Promise<void> {
  const { database, recorder } = parts.context
  const now = nowOf(parts)
  await database.transaction(async (tx) => {
    if (!(await endRenewal(tx, row.id, row.privileges_at, now))) return
    const hash = storedHash(token, parts.tokenKey)
    // Two are handed out a whole grace apart, and tabs that prove a factor at once do so within moments.
    const nearMs = graceMs / 2
    const raised = row.fresh_after?.getTime() === row.privileges_at.getTime()
    await supersedeOthers(tx, row.id, { hash, made: row.created_at, due: row.privileges_at, nearMs, raised }, ends(now))
    const { id: session, organisation_id: organisationId, user_id: subjectId } = row
    const actor = { kind: 'user', id: subjectId } as const
    await recorder.record(tx, event('session.renewed', { organisationId, actor, subjectId, data: { session } }))
    parts.ended.announceChange(tx, session)
  })
}

const ends = (now: Date) => ({ now, until: new Date(now.getTime() + graceMs) })
