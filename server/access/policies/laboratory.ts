import { Worker } from 'node:worker_threads'
import { refuse } from '../errors.ts'
import { limits } from './limits.ts'
import type { Study, StudyOrder } from './study.ts'
import type { Message } from './worker.ts'

/** Where policy files are read: apart, since what a stranger wrote could break Cedar's memory or take for ever. */
export type Laboratory = {
  /**
   * Reads, validates and tests one file.
   *
   * @throws Refusal ACCESS_POLICY_UNREADABLE, ACCESS_POLICY_TOO_COMPLEX, ACCESS_POLICY_BUSY where others wait already.
   */
  study(order: StudyOrder): Promise<Study>
}

/**
 * One worker for each file, one at a time. A worker is never used again: after a trap, Cedar's memory is not to be trusted.
 *
 * @param studyMs how long one may take.
 */
export function openLaboratory({ studyMs = limits.studyMs }: { readonly studyMs?: number } = {}): Laboratory {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    async study(order) {
      if (Buffer.byteLength(order.text) > limits.text)
        throw refuse('ACCESS_POLICY_UNREADABLE', { detail: `it has more than ${limits.text} bytes` })
      if (waiting >= limits.waiting) throw refuse('ACCESS_POLICY_BUSY')
      waiting++
      const turn = last.then(() => studyApart(order, studyMs))
      last = turn.catch(() => {})
      try {
        return await turn
      } finally {
        waiting--
      }
    },
  }
}

async function studyApart(order: StudyOrder, studyMs: number): Promise<Study> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: order,
    // Nothing of the server's environment is its business.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const message = await new Promise<Message>((resolve, reject) => {
      timer = setTimeout(() => resolve({ kind: 'too-complex' }), studyMs)
      worker.once('message', resolve)
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve({ kind: 'too-complex' }) : reject(error),
      )
      worker.once('exit', () => resolve({ kind: 'too-complex' }))
    })
    if (message.kind === 'studied') return message.study
    if (message.kind === 'unreadable') throw refuse('ACCESS_POLICY_UNREADABLE', { detail: message.message })
    if (message.kind === 'too-complex') throw refuse('ACCESS_POLICY_TOO_COMPLEX')
    throw new Error(`a policy file could not be read: ${message.message}`)
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
