import type { Session } from '@custodia/wire/http/sessions.ts'
import { assuranceOf } from '../platform/http/assurance.ts'
import type { WhyHeld } from './hold.ts'
import type { Change } from './look.ts'
import { networkOf } from './look.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { place } from './place.ts'
import { readSessions } from './store.ts'

type SessionListed = Awaited<ReturnType<typeof readSessions>>[number]

type Whose = { readonly organisationId: string; readonly userId: string }

/** A person's live sessions, newest first, at most 200. */
export async function list(parts: Parts, whose: Whose, currentSessionId: string | null): Promise<Session[]> {
  const rows = await readSessions(parts.context.database.queries, whose, nowOf(parts))
  return await Promise.all(rows.map((row) => shown(parts, whose, row, currentSessionId)))
}

async function shown(
  parts: Parts,
  whose: Whose,
  row: SessionListed,
  currentSessionId: string | null,
): Promise<Session> {
  const session = { ...whose, id: row.id }
  const address = await open(parts, session, 'address', row.address_sealed)
  const factors = row.proven ?? row.factors
  return {
    id: row.id,
    current: row.id === currentSessionId,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    expiresAt: row.idle_expires_at.toISOString(),
    address,
    device: await open(parts, session, 'device', row.device_sealed),
    factors,
    assurance: assuranceOf(factors),
    place: { network: networkOf(address), country: null },
    drift: row.drifted_at && { at: row.drifted_at.toISOString(), changed: row.drift as Change[] },
    held: row.held_at && { at: row.held_at.toISOString(), why: row.held_why as WhyHeld },
    bound: row.bound_key !== null,
    applications: row.hosts ?? [],
  }
}

export async function open(
  parts: Parts,
  session: Whose & { readonly id: string },
  field: 'address' | 'device',
  sealed: Buffer,
): Promise<string> {
  return (await parts.keyring.open(place(session, field), sealed)).toString()
}
