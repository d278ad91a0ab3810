import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { newId } from '../platform/random.ts'
import type { StartedSession } from './api.ts'
import { setCookie } from './cookie.ts'
import { deviceOf } from './device.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { place } from './place.ts'
import { endOldest, insertSession } from './store.ts'
import { newToken, storedHash } from './token.ts'

export type NewSession = {
  readonly userId: string
  readonly organisationId: string
  /** RFC 8176 names of what was proven just now. */
  readonly factors: readonly string[]
  readonly head: RequestHead
}

/** Issues a session with a token that nobody held before, whatever cookie the request came with. */
export async function start(parts: Parts, tx: Queries, session: NewSession): Promise<StartedSession> {
  const { config, random, recorder } = parts.context
  const { userId, organisationId, factors, head } = session
  const id = newId('ses', random)
  const token = newToken(random)
  const now = nowOf(parts)
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  const device = deviceOf(head.headers)
  const sealedAt = (field: 'address' | 'device') => place({ organisationId, userId, id }, field)

  await insertSession(
    tx,
    {
      id,
      organisation_id: organisationId,
      user_id: userId,
      created_at: now,
      last_used_at: now,
      idle_expires_at: after(Math.min(config.idleTimeoutSeconds, config.absoluteTimeoutSeconds)),
      absolute_expires_at: after(config.absoluteTimeoutSeconds),
      factors: [...factors],
      authenticated_at: now,
      address_sealed: await parts.keyring.seal(sealedAt('address'), head.address),
      device_sealed: await parts.keyring.seal(sealedAt('device'), device),
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
  const displaced = await endOldest(tx, userId, { except: id, keep: config.maxPerPerson - 1, why: 'displaced' }, now)
  for (const session of displaced)
    await recorder.record(tx, event('session.ended', { ...about, data: { session, why: 'displaced' } }))
  parts.ended.announce(tx, displaced)
  return { sessionId: id, cookie: setCookie(token) }
}
