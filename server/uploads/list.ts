import type { KeptUpload, KeptUploads, Upload, UploadQuery, Uploads } from '@custodia/wire/http/uploads.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import type { Parts } from './parts.ts'
import { nowOf, ownerOf } from './parts.ts'
import { show } from './show.ts'
import type { Owner, State, UploadRow } from './store.ts'
import { listUploads } from './store.ts'

const usual = 25
const quarantined: readonly State[] = ['received', 'looked-at']
const settled: readonly State[] = ['there', 'refused']

/** The files of whoever asks, but for those that nobody can open any more. @throws Refusal UPLOAD_CURSOR_INVALID */
export async function listOwn(parts: Parts, principal: Principal, query: UploadQuery): Promise<Uploads> {
  const { rows, next } = await page(
    parts,
    { organisationId: principal.organisationId, owner: ownerOf(principal) },
    query,
  )
  const shown = await Promise.all(rows.map((row) => shownUnlessShredded(parts, row)))
  return { items: shown.filter((one) => one !== null), next }
}

/** The files of an organisation, as those see them who look after it. @throws Refusal UPLOAD_CURSOR_INVALID */
export async function listOfOrganisation(
  parts: Parts,
  organisationId: string,
  query: UploadQuery,
): Promise<KeptUploads> {
  const { rows, next } = await page(parts, { organisationId }, query)
  return { items: await Promise.all(rows.map((row) => showKept(parts, row))), next }
}

/** What whoever looks after it may know: one that can't be opened any more is listed, too, so that it can be deleted. */
export async function showKept(parts: Parts, row: UploadRow): Promise<KeptUpload> {
  const shown = await shownUnlessShredded(parts, row)
  return {
    id: row.id,
    state: row.state as KeptUpload['state'],
    name: shown?.name ?? null,
    mediaType: shown?.mediaType ?? null,
    sizeBytes: Number(row.size_bytes),
    sha256: shown?.sha256 ?? null,
    flags: shown?.flags ?? [],
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    owner: { kind: row.owner_kind, id: row.owner_id },
    subjectId: row.subject_id,
    nextTryAt: row.next_try_at?.toISOString() ?? null,
  }
}

/** Null where the key of whom it is about was destroyed, and their files have not followed yet. */
async function shownUnlessShredded(parts: Parts, row: UploadRow): Promise<Upload | null> {
  return await show(parts, row).catch((error) => {
    if (!isRefusal(error, 'KEY_SHREDDED')) throw error
    return null
  })
}

async function page(
  parts: Parts,
  whose: { readonly organisationId: string; readonly owner?: Owner },
  { state, cursor, limit = usual }: UploadQuery,
): Promise<{ rows: UploadRow[]; next: string | null }> {
  const search = {
    ...whose,
    states: state === undefined ? [...quarantined, ...settled] : state === 'quarantine' ? quarantined : [state],
    now: nowOf(parts),
    before: cursor === undefined ? undefined : decode(cursor),
  }
  const found = await listUploads(parts.context.database.queries, search, limit + 1)
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : undefined
  return { rows, next: last === undefined ? null : encode(last) }
}

const encode = ({ created_at, id }: UploadRow): string =>
  Buffer.from(`${created_at.getTime()} ${id}`).toString('base64url')

function decode(cursor: string): { createdAt: Date; id: string } {
  const found = /^(\d{1,15}) (upl_[a-z2-7]{26})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (found === null) throw refuse('UPLOAD_CURSOR_INVALID')
  return { createdAt: new Date(Number(found[1])), id: found[2] as string }
}
