import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from '../../server/platform/cache/testing.ts'
import { serverOf } from '../../server/platform/database/embedded/server-of.ts'
import { startProcess } from '../../tools/demo/processes.ts'
import type { TestServer } from '../harness.ts'
import { serverScript } from '../harness.ts'

/** Who is killed; two of them in one moment. */
export type Victim = 'server' | 'database' | 'server and database'

const recoveryMs = 30_000

/** A server that dies and comes back, on one folder and one port. */
export class MortalServer {
  readonly server: TestServer
  #child: ChildProcess

  constructor(server: TestServer) {
    this.server = server
    this.#child = server.child
  }

  /** SIGKILL: nobody is asked, nothing is flushed. Resolves when whoever was killed is gone. */
  async kill(victim: Victim): Promise<void> {
    if (!this.#running()) throw new Error('the server is dead already')
    const gone = once(this.#child, 'exit')
    const database = serverOf(join(this.server.folder, 'postgres'))
    if (victim.includes('database') && database !== null) process.kill(database.pid, 'SIGKILL')
    if (victim === 'database') return
    this.#child.kill('SIGKILL')
    await gone
  }

  /** Starts what is gone; a server that lives on is waited for until it has found its database again. */
  async recover(): Promise<void> {
    if (!this.#running()) {
      const started = await startProcess(serverScript, ['start'], this.server.environment, (message) =>
        message.ready === true ? message : null,
      )
      this.#child = started.child
    }
    const ready = () =>
      this.server.call('GET', '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      )
    await eventually(ready, recoveryMs)
  }

  /** Ends it as an operator would. @returns its exit code. */
  async stop(): Promise<number | null> {
    if (!this.#running()) return this.#child.exitCode
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const [code] = (await gone) as [number | null]
    return code
  }

  #running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }
}

/** The seed of a run: CUSTODIA_TEST_SEED repeats one that failed. */
export const seed = Number(process.env.CUSTODIA_TEST_SEED ?? randomInt(2 ** 31))

/** Numbers that a seed repeats (mulberry32): not for keys, only for moments. @returns whole numbers from `min` to `max`. */
export function moments(from: number): (min: number, max: number) => number {
  let state = from
  return (min, max) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return min + (((mixed ^ (mixed >>> 14)) >>> 0) % (max - min + 1))
  }
}
