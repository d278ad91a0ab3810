import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { about } from './receive.ts'
import type { UploadRow } from './store.ts'
import { changeUpload } from './store.ts'

/**
 * Has a file that waits for the scanner looked at now. It is the only way out of quarantine: nobody lets a file out by a word. One that
 * somebody looks at this moment is left to them.
 *
 * @throws Refusal UPLOAD_DECIDED where it is in quarantine no more.
 */
export async function scanAgain(parts: Parts, principal: Principal, row: UploadRow): Promise<void> {
  if (row.state !== 'received' && row.state !== 'looked-at') throw refuse('UPLOAD_DECIDED', { state: row.state })
  if (row.tries > 0) return
  await parts.context.database.transaction(async (tx) => {
    if (!(await changeUpload(tx, row, ['received', 'looked-at'], { next_try_at: nowOf(parts) }))) return
    await parts.context.recorder.record(
      tx,
      event('file.scan-asked', { ...about(row), actor: actorOf(principal), data: { upload: row.id } }),
    )
  })
}
