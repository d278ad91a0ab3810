import type { Upload } from '@custodia/wire/http/uploads.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { openMeta } from './meta.ts'
import type { Parts } from './parts.ts'
import { nowOf, ownerOf } from './parts.ts'
import type { UploadRow } from './store.ts'
import { readUpload } from './store.ts'

/**
 * Finds a file of whoever asks.
 *
 * @throws Refusal UPLOAD_UNKNOWN for one of somebody else, and one whose time is over.
 */
export async function find(parts: Parts, principal: Principal, id: string): Promise<UploadRow> {
  const owner = ownerOf(principal)
  const row = await readUpload(parts.context.database.queries, id)
  const isMine =
    row?.organisation_id === owner.organisationId && row.owner_kind === owner.kind && row.owner_id === owner.id
  if (row === null || !isMine || row.expires_at <= nowOf(parts)) throw refuse('UPLOAD_UNKNOWN')
  return row
}

/** Finds a file of the organisation, whosever it is. @throws Refusal UPLOAD_UNKNOWN. */
export async function findInOrganisation(parts: Parts, principal: Principal, id: string): Promise<UploadRow> {
  const row = await readUpload(parts.context.database.queries, id)
  if (row?.organisation_id !== principal.organisationId || row.expires_at <= nowOf(parts))
    throw refuse('UPLOAD_UNKNOWN')
  return row
}

/** As `find`, for its content. @throws Refusal UPLOAD_NOT_THERE with the state. */
export async function findThere(parts: Parts, principal: Principal, id: string): Promise<UploadRow> {
  const row = await find(parts, principal, id)
  if (row.state !== 'there') throw refuse('UPLOAD_NOT_THERE', { state: row.state })
  return row
}

export async function show(parts: Parts, row: UploadRow): Promise<Upload> {
  const { name, mediaType, flags, sha256 } = await openMeta(parts, row)
  return {
    id: row.id,
    state: row.state as Upload['state'],
    name,
    mediaType,
    sizeBytes: Number(row.size_bytes),
    sha256: row.state === 'there' ? sha256 : null,
    flags: [...flags],
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }
}
