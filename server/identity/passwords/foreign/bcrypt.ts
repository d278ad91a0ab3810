import { timingSafeEqual } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Scheme } from './scheme.ts'

const shape = /^(\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/
const thread = new URL('bcrypt-thread.ts', import.meta.url)
/** Cost 16 takes some seconds on a slow processor. */
const timeoutMs = 60_000

/**
 * N. Provos, D. Mazières, “A Future-Adaptable Password Scheme”, USENIX 1999. The versions a, b and y differ in bugs that no current
 * implementation has. What lies behind the 72nd byte of a password counts for nothing, as where the hash was made.
 */
export const bcrypt: Scheme = {
  accepts: 'bcrypt ($2a$, $2b$ or $2y$) of cost 4 to 16',
  read(text) {
    const match = shape.exec(text)
    if (match === null) return null
    const [, salt, cost, expected] = match as unknown as [string, string, string, string]
    if (Number(cost) < 4 || Number(cost) > 16) return null
    return {
      scheme: 'bcrypt',
      async matches(password) {
        const made = await computeBcrypt(password, salt)
        return timingSafeEqual(Buffer.from(made.slice(-expected.length)), Buffer.from(expected))
      },
    }
  },
}

/** In a thread of its own: OpenSSL has no bcrypt, and JavaScript would hold everything up meanwhile. */
function computeBcrypt(password: string, salt: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(thread, {
      workerData: { password, salt },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    const late = setTimeout(() => void worker.terminate(), timeoutMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(late)
      reject(new Error('the thread for bcrypt ended without an answer'))
    })
  })
}
