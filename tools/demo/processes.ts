import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { serverProcess } from '../../packages/wire/src/node/server-process.ts'

/** As much of what a process says is kept, for whoever has to find out why it ended. */
const maxOutput = 20_000

/** Runs a command of the server to its end. @returns its output, as JSON. */
export function runCommand(
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Record<string, unknown> {
  const done = spawnSync(process.execPath, [script, ...args, '--json'], {
    env: environment,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (done.status !== 0) throw new Error(`custodia ${args.join(' ')} failed:\n${done.stderr || done.stdout}`)
  return JSON.parse(done.stdout) as Record<string, unknown>
}

/**
 * Starts a process that ends with this one: it is asked to by a signal, and it sees the channel close where this process
 * could not say so any more.
 *
 * @param ready picks the message, or the line of output, by which the process says that it is ready.
 */
export async function startProcess<T>(
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  ready: (message: Record<string, unknown>) => T | null,
): Promise<{ child: ChildProcess; ready: T }> {
  const child = spawn(process.execPath, [...serverProcess.nodeArguments, script, ...args], {
    env: { ...serverProcess.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C reaches this process alone, which then ends the others in order.
    detached: true,
  })
  let output = ''
  let isReady = false
  const found = new Promise<T>((resolve, reject) => {
    // Two streams, each with lines of its own, which may come in pieces.
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk).slice(-maxOutput)
        if (isReady) return
        const lines = (rest + chunk).split('\n')
        rest = (lines.pop() as string).slice(-maxOutput)
        for (const line of lines) {
          const message = messageIn(line)
          const value = message === null ? null : ready(message)
          if (value === null) continue
          isReady = true
          resolve(value)
        }
      })
    }
    child.on('message', (message) => {
      const value = ready(message as Record<string, unknown>)
      if (value !== null) resolve(value)
    })
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}:\n${output}`)))
  })
  return { child, ready: await found }
}

function messageIn(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

/** Ends a process and waits until it is gone; after ten seconds it is ended hard. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(late)
}

/**
 * A port of loopback that was free a moment ago. None that systems hand out to whoever asks for any (Linux from 32768, macOS from 49152):
 * who will listen there is not there yet.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
