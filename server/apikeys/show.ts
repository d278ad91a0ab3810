import type { ApiKey, IssuedKey } from '@custodia/wire/http/keys.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Issued } from './issue.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { placeOf } from './signing-key.ts'
import type { KeyRow, Which } from './store.ts'
import { listUsable } from './store.ts'

const mostShown = 50

/** Keys that are neither revoked nor expired, the newest first. @param limit 50 unless said: as many as an owner may have. */
export async function list(parts: Parts, which: Which, limit = mostShown): Promise<ApiKey[]> {
  const rows = await listUsable(parts.context.database.queries, which, nowOf(parts), limit)
  return await Promise.all(rows.map((row) => show(parts, row)))
}

/** A key as its owner and their administrators see it. Nothing in it proves anything. */
export async function show(parts: Parts, row: KeyRow): Promise<ApiKey> {
  const overlaps = row.previous_until !== null && row.previous_until > nowOf(parts)
  return {
    id: row.id,
    owner: { kind: row.owner_kind, id: row.application_id },
    name: await nameOf(parts, row),
    environment: row.environment,
    scopes: row.scopes,
    networks: row.networks,
    requestsPerMinute: row.requests_per_minute,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    rotatedAt: row.rotated_at?.toISOString() ?? null,
    overlapUntil: overlaps ? (row.previous_until as Date).toISOString() : null,
    signing: row.algorithm,
    requireSignature: row.require_signature,
  }
}

/** A key and its secrets, this once. */
export const showIssued = async (parts: Parts, { row, token, signingSecret }: Issued): Promise<IssuedKey> => ({
  key: await show(parts, row),
  token,
  signingSecret,
})

/** Null where there is none, or its owner was erased meanwhile. */
async function nameOf({ keyring }: Parts, row: KeyRow): Promise<string | null> {
  if (row.name_sealed === null) return null
  const owner = { kind: row.owner_kind, id: row.application_id }
  const place = placeOf({ id: row.id, organisationId: row.organisation_id, owner }, 'name')
  try {
    return (await keyring.open(place, row.name_sealed)).toString('utf8')
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
