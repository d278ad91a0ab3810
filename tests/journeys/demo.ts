import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../tools/suite.ts'
import { inheritedEnvironment, ownPort, unhurried } from '../harness.ts'

export type Account = { readonly email: string; readonly password: string; readonly role: string }

/** A demo that runs, started as a person starts it. */
export type Demo = {
  readonly child: ChildProcess
  readonly port: number
  readonly console: string
  readonly inbox: string
  readonly data: string
  readonly accounts: Readonly<Record<'administrator' | 'member' | 'reader', Account>>
  /** What it wrote for people to read. */
  output(): string
  /** Ends it by Ctrl-C's signal. @returns the exit code; null where a signal ended it. */
  stop(): Promise<number | null>
}

export type DemoOptions = {
  readonly folder: string
  readonly port?: number
  /** A folder of mail to import instead of the samples. */
  readonly mail?: string
  /** The command; that of `npm run demo` where none is given. It leads a process group of its own. */
  readonly command?: readonly [string, ...string[]]
  readonly environment?: NodeJS.ProcessEnv
}

export const newDemoFolder = (): string => mkdtempSync(join(tmpdir(), 'custodia-journey-'))

export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })

/** Starts the demo and waits for its line of JSON. @throws Error with its output where it ends before that. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const port = options.port ?? (await ownPort())
  // What package.json names as `demo`; the runner must work on whatever Node starts it.
  const [program, ...first] = options.command ?? [process.execPath, join(root, 'tools/run.mjs'), 'demo']
  const args = [...first, '--json', ...(options.mail === undefined ? [] : ['--mail', options.mail])]
  const child = spawn(program, args, {
    cwd: root,
    env: {
      ...inheritedEnvironment(),
      CUSTODIA_DATA: options.folder,
      CUSTODIA_LISTEN: `127.0.0.1:${port}`,
      CUSTODIA_ADMIN_LISTEN: 'off',
      ...unhurried,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // A test file that fails half-way must leave nothing behind.
  const orphaned = () => void child.kill('SIGINT')
  process.once('exit', orphaned)
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  void ended.then(() => process.off('exit', orphaned))

  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk
  })
  const ready = new Promise<Ready>((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk
      const line = printed.split('\n').find((one) => one.startsWith('{') && one.endsWith('}'))
      if (line !== undefined) resolve(JSON.parse(line) as Ready)
    })
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`the demo ended with ${code}:\n${output}`)))
  })
  const { console, applications, accounts } = await ready
  return {
    child,
    port,
    console,
    inbox: applications.inbox,
    data: options.folder,
    accounts: Object.fromEntries(accounts.map((account) => [account.role, account])) as Demo['accounts'],
    output: () => output,
    stop() {
      child.kill('SIGINT')
      return ended
    },
  }
}

type Ready = {
  readonly console: string
  readonly applications: { readonly inbox: string }
  readonly accounts: readonly Account[]
}
