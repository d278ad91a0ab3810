import { gunzipSync } from 'node:zlib'
import { NotTaken } from '../finding.ts'
import type { Budget } from './budget.ts'

/** Above this a ratio is refused anyway, so that no more needs to come out. */
const most = 67_108_864

/** @returns what is in it. @throws NotTaken */
export function readGzip(bytes: Buffer, budget: Budget): Buffer {
  budget.entry()
  const maxOutputLength = Math.max(1, Math.min(most, budget.bytesLeft))
  try {
    const { buffer, engine } = gunzipSync(bytes, { maxOutputLength, info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    if (engine.bytesWritten !== bytes.length) throw new NotTaken('archive-broken')
    budget.ratio(bytes.length, buffer.length)
    budget.spend(buffer.length)
    return buffer
  } catch (error) {
    if (error instanceof NotTaken) throw error
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new NotTaken(tooLarge ? 'archive-size' : 'archive-broken')
  }
}
