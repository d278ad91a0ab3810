import type { Session } from '@custodia/wire/http/sessions.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { place } from './place.ts'
import { readSessions } from './store.ts'

type Whose = { readonly organisationId: string; readonly userId: string }

/** A person's live sessions, newest first, at most 200. */
export async function list(parts: Parts, whose: Whose, currentSessionId: string | null): Promise<Session[]> {
  const rows = await readSessions(parts.context.database.queries, whose, nowOf(parts))
  return await Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      current: row.id === currentSessionId,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at.toISOString(),
      expiresAt: row.idle_expires_at.toISOString(),
      address: await open(parts, { ...whose, id: row.id }, 'address', row.address_sealed),
      device: await open(parts, { ...whose, id: row.id }, 'device', row.device_sealed),
      factors: row.factors,
      applications: row.hosts ?? [],
    })),
  )
}

export async function open(
  parts: Parts,
  session: Whose & { readonly id: string },
  field: 'address' | 'device',
  sealed: Buffer,
): Promise<string> {
  return (await parts.keyring.open(place(session, field), sealed)).toString()
}
