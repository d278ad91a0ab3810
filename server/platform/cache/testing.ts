import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'

export type TestRedis = {
  readonly url: string
  /** Ends it without a good-bye; `start` brings an empty one back on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  /** It keeps its connections and answers nothing. */
  freeze(): void
  thaw(): void
}

/** What to tell `node:test` as `skip`: false where a Redis can be started here. */
export const withoutRedis: string | false =
  spawnSync('redis-server', ['--version']).error === undefined ? false : 'redis-server is not installed: NOT TESTED'

/** Starts a Redis of this test's own on a free loopback port, without a disk. */
export async function startTestRedis(): Promise<TestRedis> {
  const port = await freePort()
  let server = await runRedis(port)
  return {
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL')
        await once(server, 'exit')
      }
    },
    async start() {
      server = await runRedis(port)
    },
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
  }
}

function runRedis(port: number): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tmpdir(), '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] })
  return new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('redis-server did not start')))
    // Read to its end, so that what it says never fills the pipe.
    server.stdout.on('data', (said: Buffer) => {
      if (said.includes('Ready to accept connections')) resolve(server)
    })
  })
}

/** A port that nobody listened on a moment ago; of those that the system gives to nobody who asks for any. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Waits until `holds`, for what another process does in its own time. @throws Error after `withinMs`. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const lastMs = performance.now() + withinMs
  // Who stood still meanwhile has not looked: so many looks there are in any case.
  for (let looks = 0; !(await holds()); looks++) {
    if (performance.now() > lastMs && looks > withinMs / 50)
      throw new Error(`it did not come true within ${withinMs} ms`)
    await pause(10)
  }
}

/**
 * What becomes of `act`, as long as it comes before a timer of so many milliseconds: where this process stood still, what was due before
 * that timer is done first. @throws Error otherwise.
 */
export async function within<Result>(ms: number, act: Promise<Result>): Promise<Result> {
  const over = new AbortController()
  const late = pause(ms, undefined, { signal: over.signal }).then(async () => {
    await turn()
    await turn()
    throw new Error(`it took longer than ${ms} ms`)
  })
  try {
    return await Promise.race([act, late])
  } finally {
    over.abort()
    late.catch(() => {})
  }
}
