import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { processorMs } from './processor-time.ts'

/** One request, sent again and again. */
export type Load = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  /** Whole seconds. */
  readonly duration: number
  /**
   * Whether whoever makes the load never sleeps: to wake it is work of whoever answers, for a slower server with each answer and for a faster
   * with none. It takes a processor for itself, so only where no third process works.
   */
  readonly awake?: boolean
}

const script = fileURLToPath(new URL('load-process.ts', import.meta.url))

/**
 * Loads a server from a process of its own.
 *
 * @param pid the process under load.
 * @returns answers in a second, and the processor time of that process for each, in microseconds.
 * @throws Error where one answer was not a success: a server that refuses is fast.
 */
export async function load(pid: number, what: Load): Promise<{ perSecond: number; processorUs: number }> {
  const child = fork(script)
  const before = processorMs(pid)
  const startedMs = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code) => reject(new Error(`the process that makes the load ended with ${code}`)))
  child.once('message', (message: { perSecond: number } | { failure: string }) =>
    'failure' in message ? reject(new Error(`${what.url}: ${message.failure}`)) : resolve(message.perSecond),
  )
  child.send(what)
  const perSecond = await promise
  const seconds = Math.min(what.duration, (performance.now() - startedMs) / 1000)
  return { perSecond, processorUs: ((processorMs(pid) - before) * 1000) / (perSecond * seconds) }
}
