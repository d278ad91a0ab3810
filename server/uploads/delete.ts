import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { about } from './receive.ts'
import type { UploadRow } from './store.ts'
import { deleteUpload } from './store.ts'

/** Deletes a file that whoever asks may delete, in any state. @throws Refusal UPLOAD_UNKNOWN where somebody else did. */
export async function remove(parts: Parts, principal: Principal, row: UploadRow): Promise<void> {
  await parts.context.database.transaction(async (tx) => {
    if (!(await deleteUpload(tx, row.id))) throw refuse('UPLOAD_UNKNOWN')
    await parts.context.recorder.record(
      tx,
      event('file.deleted', { ...about(row), actor: actorOf(principal), data: { upload: row.id } }),
    )
  })
}
