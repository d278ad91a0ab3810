import { Worker } from 'node:worker_threads'
import { limits } from './limits.ts'
import type { Parsed } from './parse-message.ts'

/** Reads messages aside, where one can be stopped: a parser that runs on and on can't be, on the thread that waits. */
export type Reader = {
  /** Messages are read one after the other. Never rejects: what fails is a `problem`. */
  read(raw: Uint8Array): Promise<Parsed>
  close(): Promise<void>
}

/** @param options for tests: another thread, less time or memory. */
export function createReader(options: { thread?: URL; readMs?: number; memoryMb?: number } = {}): Reader {
  const { thread = new URL('./reader-thread.ts', import.meta.url), readMs = limits.readMs } = options
  const resourceLimits = { maxOldGenerationSizeMb: options.memoryMb ?? limits.readMemoryMb, stackSizeMb: 4 }
  let worker: Worker | null = null
  let last: Promise<unknown> = Promise.resolve()

  function startThread(): Worker {
    const started = new Worker(thread, { resourceLimits, env: {}, stderr: true, stdout: true })
    // One that fails while nobody waits for it must not end this process; the next message finds out.
    started.on('error', () => {})
    return started
  }

  async function stop(): Promise<void> {
    const stopping = worker
    worker = null
    await stopping?.terminate()
  }

  async function readNow(raw: Uint8Array): Promise<Parsed> {
    worker ??= startThread()
    const { promise, resolve } = Promise.withResolvers<Parsed>()
    const timer = setTimeout(() => resolve({ problem: 'TOO_SLOW' }), readMs)
    const outcomes = {
      message: resolve,
      error: (error: NodeJS.ErrnoException) =>
        resolve({ problem: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'TOO_COSTLY' : 'UNREADABLE' }),
      exit: () => resolve({ problem: 'UNREADABLE' }),
    }
    for (const [event, listener] of Object.entries(outcomes)) worker.on(event, listener)
    worker.postMessage(raw)
    const parsed = await promise
    clearTimeout(timer)
    // By name: `removeAllListeners` would take away the thread's own, and no message would arrive again.
    for (const [event, listener] of Object.entries(outcomes)) worker.off(event, listener)
    // Whatever went wrong, the next message gets a thread that nothing went wrong in.
    if ('problem' in parsed && stops.has(parsed.problem)) await stop()
    return parsed
  }

  return {
    read(raw) {
      const reading = last.then(() => readNow(raw))
      last = reading
      return reading
    },
    async close() {
      await last
      await stop()
    },
  }
}

const stops: ReadonlySet<string> = new Set(['TOO_SLOW', 'TOO_COSTLY', 'UNREADABLE'])
