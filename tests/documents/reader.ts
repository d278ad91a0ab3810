import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../../tools/suite.ts'
import { ownPort, unhurried } from '../harness.ts'
import { fencesOf, textOf } from './markdown.ts'

/** One block that was carried out, and what it printed. */
export type Done = { readonly block: string; readonly output: string }

/** A command that goes on until its reader ends it, and how they see that it is ready. */
type Lasting = { readonly command: RegExp; readonly ready: RegExp | { readonly port: number } }

const lasting: readonly Lasting[] = [
  { command: /npm run demo\b/, ready: /Ctrl-C stops everything|"ready":true/ },
  { command: /npx custodia start/, ready: /"message":"ready"/ },
  { command: /npx node notes\/notes\.mjs/, ready: { port: 4100 } },
  { command: /python3 shop\/\w+\.py/, ready: { port: 4200 } },
]

/** Ports that the documents name. Each becomes one of this reader's own, from start to start, since others may use this machine. */
const namedPorts = [8080, 8443, 9090, 9464, 4100, 4200]
/** Of a block, which may hold seven commands: each begins a server of its own. */
const longestMs = 240_000
/** What is ended has ten seconds for its requests, five for its jobs and ten for its database; a busy machine takes longer for all else. */
const endMs = 60_000

const quickFolder = '.quick'
/** npm takes longer to find a command than most commands take. That it finds each of them is seen the first time, by `npx` itself. */
const quickNpx = (npx: string) => `#!/bin/sh
[ -e "$0.$1" ] && exec "node_modules/.bin/$@"
: > "$0.$1"
exec ${npx} "$@"
`

type Terminal = { readonly lasting: Lasting; readonly child: ChildProcess; readonly output: () => string }

/**
 * Somebody who follows the documents word for word, in a folder that looks like this repository: writes each file where it is named,
 * types each block into a shell, and leaves open what stays open.
 */
export class Reader {
  readonly folder = mkdtempSync(join(tmpdir(), 'custodia-reader-'))
  readonly #ports: ReadonlyMap<string, number>
  readonly #open: Terminal[] = []

  private constructor(ports: ReadonlyMap<string, number>) {
    this.#ports = ports
    for (const name of readdirSync(root))
      if (!['.git', 'data', 'notes', 'shop'].includes(name)) symlinkSync(join(root, name), join(this.folder, name))
    writeFileSync(join(this.folder, '.environment'), '')
    const npx = execFileSync('which', ['npx'], { env: this.#environment(), encoding: 'utf8' }).trim()
    mkdirSync(join(this.folder, quickFolder))
    writeFileSync(join(this.folder, quickFolder, 'npx'), quickNpx(npx), { mode: 0o755 })
  }

  static async arrive(): Promise<Reader> {
    const ports = new Map<string, number>()
    for (const port of namedPorts) ports.set(String(port), await ownPort())
    return new Reader(ports)
  }

  /** The port that stands for the one that the documents name. */
  port(named: number): number {
    return this.#ports.get(String(named)) as number
  }

  /** Whether somebody listens where the documents say this port. */
  async listens(named: number): Promise<boolean> {
    const socket = connect(this.port(named), '127.0.0.1')
    const answers = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    return answers
  }

  /** A text of the documents, with this reader's ports. */
  read(text: string): string {
    return text.replaceAll(new RegExp(`\\b(?:${namedPorts.join('|')})\\b`, 'g'), (port) =>
      String(this.#ports.get(port)),
    )
  }

  /** Carries out a document from its beginning to its end. `after` is what its reader does elsewhere, as in a browser. */
  async follow(
    document: string,
    after: (done: Done) => Promise<void> | void = () => {},
    skip: ReadonlySet<string> = new Set(),
  ): Promise<readonly Done[]> {
    const all: Done[] = []
    for (const { language, file, text } of fencesOf(textOf(document))) {
      if (file !== null) this.#keep(file, this.read(text))
      if (language !== 'sh' || skip.has(text)) continue
      const done = { block: text.trim(), output: await this.type(text) }
      all.push(done)
      await after(done)
    }
    return all
  }

  /** Types one block. @returns what it printed: all of it, or until it was ready. @throws Error where it fails. */
  async type(block: string): Promise<string> {
    const kind = lasting.find(({ command }) => command.test(block))
    return kind === undefined ? await this.#run(block) : await this.#stay(kind, block)
  }

  /** Ctrl-C in every terminal that is open. @returns the exit codes. */
  async closeAll(): Promise<readonly (number | null)[]> {
    const codes = []
    for (const terminal of this.#open.splice(0).reverse()) codes.push(await this.#interrupt(terminal))
    return codes
  }

  async leave(): Promise<void> {
    await this.closeAll()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 })
  }

  #keep(file: string, text: string): void {
    const path = join(this.folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  #shell(script: string): { child: ChildProcess; output: () => string } {
    const child = spawn('bash', ['-c', script], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as a terminal has: Ctrl-C reaches all of it.
      detached: true,
    })
    let output = ''
    const take = (chunk: Buffer) => {
      output += chunk
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    return { child, output: () => output }
  }

  async #run(block: string): Promise<string> {
    // What one block exports, the next one has: it is the same terminal.
    const { child, output } = this.#shell(
      `set -euo pipefail; . ./.environment\n${this.read(block)}\nexport -p > .environment`,
    )
    const late = setTimeout(() => signalGroup(child, 'SIGKILL'), longestMs)
    const [code] = (await once(child, 'close')) as [number | null]
    clearTimeout(late)
    if (code !== 0) throw new Error(`this block ended with ${code}:\n${block}\n${output()}`)
    return output()
  }

  async #stay(kind: Lasting, block: string): Promise<string> {
    const before = this.#open.findIndex((one) => one.lasting === kind)
    if (before >= 0) await this.#interrupt(this.#open.splice(before, 1)[0] as Terminal)
    const terminal = { lasting: kind, ...this.#shell(`. ./.environment; trap : INT\n${this.read(block)}`) }
    this.#open.push(terminal)
    const until = Date.now() + longestMs
    while (!(await this.#isReady(terminal))) {
      if (terminal.child.exitCode !== null || Date.now() > until)
        throw new Error(`this did not become ready (${terminal.child.exitCode}):\n${block}\n${terminal.output()}`)
      await pause(50)
    }
    return terminal.output()
  }

  async #isReady({ lasting: { ready }, output }: Terminal): Promise<boolean> {
    return ready instanceof RegExp ? ready.test(output()) : await this.listens(ready.port)
  }

  async #interrupt({ child }: Terminal): Promise<number | null> {
    if (child.exitCode !== null) return child.exitCode
    const ended = once(child, 'close') as Promise<[number | null]>
    signalGroup(child, 'SIGINT')
    const late = setTimeout(() => signalGroup(child, 'SIGKILL'), endMs)
    const [code] = await ended
    clearTimeout(late)
    return code
  }

  /** What a person's terminal has: nothing of this test run, the usual addresses moved to ports of its own, and time. */
  #environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(?:CUSTODIA_|npm_|NODE_TEST_)/.test(name))
    const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
    return {
      ...Object.fromEntries(inherited),
      ...unhurried,
      PATH: [join(this.folder, quickFolder), ...path].join(':'),
      CUSTODIA_LISTEN: `127.0.0.1:${this.port(8080)}`,
      CUSTODIA_ADMIN_LISTEN: `127.0.0.1:${this.port(9464)}`,
    }
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch (error) {
    // It may have ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
