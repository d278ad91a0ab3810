import { createHash } from 'node:crypto'
import type { Finding } from '@custodia/edge/uploads/finding.ts'
import { event } from './events.ts'
import { FrameWriter, readContent } from './frames.ts'
import type { Meta } from './meta.ts'
import { openMeta, sealMeta } from './meta.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { about } from './receive.ts'
import type { State, UploadRow } from './store.ts'
import { changeUpload, deleteFrames } from './store.ts'

/** Claims that nobody ended: whatever it is, it ends processes. */
const maxTries = 5
const shortestWaitMs = 30_000
const longestWaitMs = 900_000
const system = { kind: 'system' } as const
const quarantined: readonly State[] = ['received', 'looked-at']

type Taken = Extract<Finding, { taken: true }>

/**
 * Looks at a file in quarantine, has it scanned, and lets it out or refuses it. Without an answer of the scanner it stays and is tried
 * again, ever more seldom; it is refused where none came in `quarantineHours`.
 */
export async function decide(parts: Parts, row: UploadRow, stop: AbortSignal): Promise<void> {
  if (row.tries > maxTries) return await turnAway(parts, row, 'looking-failed')
  const content = await readContent(parts, row)
  const meta = await openMeta(parts, row)
  const finding = await parts.look(content, meta.name, stop)
  // Whoever stops this process says nothing about the file.
  if (stop.aborted)
    return void (await changeUpload(parts.context.database.queries, row, quarantined, {
      next_try_at: nowOf(parts),
      tries: 0,
    }))
  if (!finding.taken) return await turnAway(parts, row, finding.reason)
  // What was sent is what is scanned, and not what was made of it: a find says something about whoever sent it.
  const scan = parts.scan === null ? null : await parts.scan(content)
  if (scan?.verdict === 'found') return await turnAway(parts, row, 'malware', scan.signature)
  if (scan?.verdict === 'unsure') return await wait(parts, row, { ...meta, ...described(finding) }, scan.why)
  await letOut(parts, row, finding, content)
}

const described = ({ mediaType, flags }: Taken) => ({ mediaType, flags })

/** Stays in quarantine until somebody can say that it is clean. */
async function wait(parts: Parts, row: UploadRow, meta: Meta, why: string): Promise<void> {
  const { config, database, log } = parts.context
  const now = nowOf(parts).getTime()
  const ageMs = now - row.created_at.getTime()
  if (ageMs >= config.quarantineHours * 3_600_000) return await turnAway(parts, row, 'not-scanned')
  const waitMs = Math.min(Math.max(ageMs / 4, shortestWaitMs), longestWaitMs)
  await changeUpload(database.queries, row, quarantined, {
    state: 'looked-at',
    meta_sealed: await sealMeta(parts, row, meta),
    next_try_at: new Date(now + waitMs),
    tries: 0,
  })
  parts.outcomes.add(1, { outcome: 'not-scanned' })
  log.warn({ upload: row.id, why }, 'a file stays in quarantine: the scanner gave no answer')
}

async function letOut(parts: Parts, row: UploadRow, finding: Taken, content: Buffer): Promise<void> {
  const { database, recorder } = parts.context
  const kept = finding.remade ?? content
  const sha256 = createHash('sha256').update(kept).digest('hex')
  const meta_sealed = await sealMeta(parts, row, { name: finding.name, ...described(finding), sha256 })
  const version = finding.remade === null ? row.version : row.version + 1
  const isOurs = await database
    .transaction(async (tx) => {
      const frames = finding.remade === null ? row.frames : await replace(parts, tx, row, version, kept)
      const there = {
        state: 'there',
        size_bytes: kept.length,
        meta_sealed,
        version,
        frames,
        next_try_at: null,
      } as const
      if (!(await changeUpload(tx, row, quarantined, there))) throw new Lost()
      await recorder.record(
        tx,
        event('file.accepted', {
          ...about(row),
          actor: system,
          data: {
            upload: row.id,
            mediaType: finding.mediaType,
            flags: [...finding.flags],
            scanned: parts.scan !== null,
          },
        }),
      )
    })
    .then(() => true, notLost)
  if (isOurs) parts.outcomes.add(1, { outcome: 'accepted' })
}

async function replace(
  parts: Parts,
  tx: Parameters<typeof deleteFrames>[0],
  row: UploadRow,
  version: number,
  kept: Uint8Array,
) {
  await deleteFrames(tx, row.id)
  const frames = new FrameWriter(parts, tx, row, version)
  await frames.write(kept)
  return await frames.end()
}

/** Refuses it: its content goes at once, and what is left says why until it expires. */
async function turnAway(parts: Parts, row: UploadRow, reason: string, signature: string | null = null): Promise<void> {
  const { database, recorder } = parts.context
  const isOurs = await database
    .transaction(async (tx) => {
      const refused = { state: 'refused', reason, next_try_at: null, frames: 0 } as const
      if (!(await changeUpload(tx, row, quarantined, refused))) throw new Lost()
      await deleteFrames(tx, row.id)
      await recorder.record(
        tx,
        event('file.refused', { ...about(row), actor: system, data: { upload: row.id, reason, signature } }),
      )
    })
    .then(() => true, notLost)
  if (isOurs) parts.outcomes.add(1, { outcome: 'refused' })
}

/** Somebody else decided on it, or it was deleted meanwhile: what was done here is rolled back. */
class Lost extends Error {}

function notLost(error: unknown): false {
  if (error instanceof Lost) return false
  throw error
}
