import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { newId } from '../platform/random.ts'
import type { NewlySignedIn } from './api.ts'
import { offer } from './bound/offer.ts'
import { setCookie } from './cookie.ts'
import { deviceOf } from './device.ts'
import { end } from './end.ts'
import { event } from './events.ts'
import { heldBehind } from './hold.ts'
import { lookOf } from './look.ts'
import { endOldestBeside, roomFor } from './make-room.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { place } from './place.ts'
import { insertSession } from './store.ts'
import { timeoutsOf } from './timeouts.ts'
import { newToken, storedHash } from './token.ts'

export type NewSession = {
  readonly userId: string
  readonly organisationId: string
  /** RFC 8176 names of what was proven just now. */
  readonly factors: readonly string[]
  readonly head: RequestHead
  readonly unprovable?: boolean
  readonly risk?: number
}

/**
 * Issues a session with a token that nobody held before, whatever cookie the request came with. Was it that of a held session of the
 * same person, then that one is over: they proved again who they are.
 *
 * @throws Refusal SESSIONS_TOO_MANY where a role of theirs refuses one more.
 */
export async function start(parts: Parts, tx: Queries, session: NewSession): Promise<NewlySignedIn> {
  const { config, random, recorder } = parts.context
  const { userId, organisationId, factors, head } = session
  const id = newId('ses', random)
  const token = newToken(random)
  const now = nowOf(parts)
  const { idleMs, absoluteMs } = timeoutsOf(config, factors)
  const { browserHash, version, networkHash } = lookOf(head, id, parts.lookKey)
  const device = deviceOf(head.headers)
  const sealedAt = (field: 'address' | 'device') => place({ organisationId, userId, id }, field)

  await endHeld(parts, tx, session)
  const keep = await roomFor(parts, tx, session)
  await insertSession(
    tx,
    {
      id,
      organisation_id: organisationId,
      user_id: userId,
      created_at: now,
      last_used_at: now,
      idle_expires_at: new Date(now.getTime() + idleMs),
      absolute_expires_at: new Date(now.getTime() + absoluteMs),
      factors: [...factors],
      authenticated_at: now,
      address_sealed: await parts.keyring.seal(sealedAt('address'), head.address),
      device_sealed: await parts.keyring.seal(sealedAt('device'), device),
      browser_hash: browserHash,
      browser_version: version,
      networks: [networkHash],
      unprovable: session.unprovable ?? false,
      risk: session.risk ?? 0,
    },
    storedHash(token, parts.tokenKey),
  )
  const actor = { kind: 'user', id: userId } as const
  const about = { organisationId, actor, subjectId: userId }
  await recorder.record(
    tx,
    event('session.started', {
      ...about,
      data: { session: id, factors: [...factors] },
      personal: { address: head.address, device },
    }),
  )
  await endOldestBeside(parts, tx, session, { sessionId: id, keep })
  return { sessionId: id, cookie: setCookie(token), offer: offer(parts, id, head) }
}

async function endHeld(parts: Parts, tx: Queries, { userId, head }: NewSession): Promise<void> {
  const held = await heldBehind(parts, tx, head)
  if (held?.userId !== userId) return
  await end(parts, tx, { ...held, why: 'replaced', actor: { kind: 'user', id: userId } })
}
