import { createHash } from 'node:crypto'
import { namedIn } from '@custodia/edge/uploads/content-disposition.ts'
import { safeFileName } from '@custodia/edge/uploads/file-name.ts'
import type { NewUpload, Upload } from '@custodia/wire/http/uploads.ts'
import { actorOf } from '../platform/events/event.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { RawBody } from '../platform/http/raw-body.ts'
import { newId } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { FrameWriter } from './frames.ts'
import { sealMeta } from './meta.ts'
import type { Parts } from './parts.ts'
import { nowOf, ownerOf } from './parts.ts'
import { show } from './show.ts'
import type { UploadRow } from './store.ts'
import { changeUpload, countUsed, deleteUpload, insertUpload, readUpload } from './store.ts'

const dayMs = 86_400_000
const megabyte = 1_000_000

type Sent = {
  readonly asked: NewUpload
  readonly head: RequestHead
  readonly body: RawBody
  readonly signal: AbortSignal
}

/**
 * Takes a file into quarantine, sealing it as it comes: none of it is ever on a disk in the clear. What does not arrive whole leaves nothing.
 *
 * @throws Refusal UPLOAD_SCANNER_UNSET, UPLOAD_NAME_MISSING, UPLOAD_SUBJECT_NOT_YOURS, UPLOAD_EXISTS, UPLOAD_BUSY, UPLOAD_QUOTA_REACHED;
 * what the body throws.
 */
export async function receive(
  parts: Parts,
  principal: Principal,
  { asked, head, body, signal }: Sent,
): Promise<Upload> {
  const { config, database, recorder, random } = parts.context
  if (config.scanner === 'clamd' && parts.scan === null) throw refuse('UPLOAD_SCANNER_UNSET')
  const given = namedIn(head.headers['content-disposition'])
  const name = given === null ? null : safeFileName(given)
  if (name === null) throw refuse('UPLOAD_NAME_MISSING')
  const whose = {
    id: asked.id ?? newId('upl', random),
    organisation_id: principal.organisationId,
    subject_id: subjectOf(principal, asked.for),
  }
  const row = await begin(parts, principal, whose, { name: name.name, asked, head })
  try {
    const frames = new FrameWriter(parts, database.queries, whose, row.version)
    const hash = createHash('sha256')
    let size = 0
    for await (const piece of body) {
      // Whoever sent it is gone, or its time is over: nobody reads what is said here.
      if (signal.aborted) throw refuseRequest('REQUEST_TIMEOUT')
      hash.update(piece)
      size += piece.length
      await frames.write(piece)
    }
    const arrived = {
      state: 'received',
      size_bytes: size,
      frames: await frames.end(),
      meta_sealed: await sealMeta(parts, whose, {
        name: name.name,
        mediaType: null,
        flags: [],
        sha256: hash.digest('hex'),
      }),
      next_try_at: nowOf(parts),
    } as const
    await database.transaction(async (tx) => {
      if (!(await changeUpload(tx, row, ['receiving'], arrived))) throw refuse('UPLOAD_UNKNOWN')
      await recorder.record(
        tx,
        event('file.received', {
          ...about(row),
          actor: actorOf(principal),
          data: { upload: row.id, sizeBytes: size },
          personal: { name: name.name },
        }),
      )
    })
    parts.outcomes.add(1, { outcome: 'received' })
  } catch (error) {
    await deleteUpload(database.queries, row.id)
    throw error
  }
  const kept = await readUpload(database.queries, row.id)
  if (kept === null) throw refuse('UPLOAD_UNKNOWN')
  return await show(parts, kept)
}

/** Makes its row, in which as much is counted as it may become. */
async function begin(
  parts: Parts,
  principal: Principal,
  whose: Pick<UploadRow, 'id' | 'organisation_id' | 'subject_id'>,
  { name, asked, head }: { name: string; asked: NewUpload; head: RequestHead },
): Promise<UploadRow> {
  const { config, database } = parts.context
  const now = nowOf(parts)
  const owner = ownerOf(principal)
  const days = Math.min(Number(asked.days ?? config.keepDays), 3_650)
  const length = head.headers['content-length']
  const row: UploadRow = {
    ...whose,
    owner_kind: owner.kind,
    owner_id: owner.id,
    state: 'receiving',
    size_bytes: Math.min(length === undefined ? config.maxBytes : Number(length), config.maxBytes),
    // Its name is sealed before the transaction, which must not wait for a key to be made.
    meta_sealed: await sealMeta(parts, whose, { name, mediaType: null, flags: [], sha256: '' }),
    reason: null,
    version: 0,
    frames: 0,
    created_at: now,
    expires_at: new Date(now.getTime() + days * dayMs),
    next_try_at: null,
    tries: 0,
  }
  await database.transaction(async (tx) => {
    const used = await countUsed(tx, owner, row.subject_id)
    if (used.underWay >= config.maxUnderWay) throw refuse('UPLOAD_BUSY', { retryAfterSeconds: 5 })
    const wanted = Number(row.size_bytes)
    if (used.ownerBytes + wanted > config.quotaMegabytes * megabyte)
      throw refuse('UPLOAD_QUOTA_REACHED', { quota: 'owner' })
    if (row.subject_id !== null && used.subjectBytes + wanted > config.quotaPerSubjectMegabytes * megabyte)
      throw refuse('UPLOAD_QUOTA_REACHED', { quota: 'subject' })
    if (!(await insertUpload(tx, row))) throw refuse('UPLOAD_EXISTS')
  })
  return row
}

function subjectOf(principal: Principal, asked: string | undefined): string | null {
  if (principal.kind === 'application') return asked ?? null
  const self = ownerOf(principal)
  if (asked !== undefined && asked !== self.id) throw refuse('UPLOAD_SUBJECT_NOT_YOURS')
  return self.kind === 'user' ? self.id : null
}

/** What every event of a file says of whose it is. */
export const about = ({ organisation_id, subject_id }: Pick<UploadRow, 'organisation_id' | 'subject_id'>) => ({
  organisationId: organisation_id,
  subjectId: subject_id,
})
