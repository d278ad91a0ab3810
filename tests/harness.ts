import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../server/platform/cache/testing.ts'
import type { Account } from '../tools/demo/accounts.ts'
import { createAccounts, newAccounts } from '../tools/demo/accounts.ts'
import type { Caller } from '../tools/demo/call.ts'
import { caller } from '../tools/demo/call.ts'
import { runCommand, startProcess } from '../tools/demo/processes.ts'
import { root } from '../tools/suite.ts'

export const serverScript = join(root, 'server/main.ts')

/** A whole Custodia in a process and a folder of its own. */
export type TestServer = {
  readonly folder: string
  readonly port: number
  readonly adminPort: number | null
  readonly publicUrl: string
  readonly environment: NodeJS.ProcessEnv
  readonly call: Caller
  readonly child: ChildProcess
  command(...args: string[]): Record<string, unknown>
  /** Ends the server as an operator would. */
  stop(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

export type ServerOptions = {
  readonly folder?: string
  readonly port?: number
  /** YAML of the configuration file. */
  readonly configuration?: string
  readonly environment?: NodeJS.ProcessEnv
}

/** The least that Custodia takes, a sixth of its default: what a hash costs is the business of `bench/sign-in.ts`. */
const cheapHashes = { CUSTODIA_IDENTITY_ARGON2_MEMORY_KIB: '19456', CUSTODIA_IDENTITY_ARGON2_PASSES: '2' }

/** Tests come from made-up networks and browsers, as no person does: what a score asks for is tested in `server/identity/risk`. */
const unsuspecting = { CUSTODIA_IDENTITY_RISK_ASK: '200' }

/** A busy machine makes every process late: what is refused then is the business of `server/platform/http/overload`. */
export const unhurried = { CUSTODIA_SHED_FROM_MS: '10000' }

/** Its requests, its jobs and its database have ten, five and ten seconds to end in order; a busy machine takes longer for all else. */
const endMs = 60_000

/** A folder in which a server can start: with a root key and nothing else. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'custodia-server-'))
}

export async function startTestServer(options: ServerOptions = {}): Promise<TestServer> {
  const folder = options.folder ?? newFolder()
  const port = options.port ?? (await ownPort())
  const configurationFile = join(folder, 'custodia.yaml')
  if (options.configuration !== undefined) writeFileSync(configurationFile, options.configuration, { mode: 0o600 })
  const environment: NodeJS.ProcessEnv = {
    ...inheritedEnvironment(),
    CUSTODIA_DATA: folder,
    CUSTODIA_LISTEN: `127.0.0.1:${port}`,
    CUSTODIA_ADMIN_LISTEN: '127.0.0.1:0',
    ...cheapHashes,
    ...unsuspecting,
    ...unhurried,
    ...(options.configuration === undefined ? {} : { CUSTODIA_CONFIG: configurationFile }),
    ...options.environment,
  }
  const command = (...args: string[]) => runCommand(serverScript, args, environment)
  try {
    command('keyring', 'init')
  } catch (error) {
    if (options.folder === undefined) throw error
  }
  const { child, ready } = await startProcess(serverScript, ['start'], environment, (message) =>
    message.ready === true ? message : null,
  )
  const publicUrl = String(ready.address)
  const stop = () => end(child)
  return {
    folder,
    port,
    adminPort: ready.adminPort as number | null,
    publicUrl,
    environment,
    child,
    call: caller(port, new URL(publicUrl).hostname),
    command,
    stop,
    async remove() {
      await stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

/**
 * A port of loopback for a server that will listen there, now and after each restart. None that systems hand out to whoever asks for any
 * (Linux from 32768, macOS from 49152): another process could be given it before the server is there. Of tests it is this process's until
 * that ends, which a socket of UDP says to the others.
 */
export async function ownPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    const claim = createSocket('udp4')
    const claimed = once(claim, 'listening').then(
      () => true,
      () => false,
    )
    claim.bind(port, '127.0.0.1')
    if ((await claimed) && (await isFree(port))) {
      claim.unref()
      return port
    }
    claim.close()
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch {
    return false
  }
  probe.close()
  await once(probe, 'close')
  return true
}

/** Asks a process to end, and waits until it is gone: who is killed has written nothing of what it kept for its end. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), endMs)
  await gone
  clearTimeout(late)
}

/** Waits until what the server only noted, and writes a moment later, stands in its ledger. */
export async function everythingWritten({ adminPort }: TestServer): Promise<void> {
  await eventually(async () => {
    const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
    return /^custodia_ledger_noted 0$/m.test(text)
  }, 30_000)
}

/** The accounts of the demo on a server that is empty: an administrator and members with roles of the configuration. */
export async function withAccounts(
  server: TestServer,
  roles: readonly string[] = ['member', 'auditor'],
): Promise<readonly Account[]> {
  const [administrator, ...others] = newAccounts(undefined)
  const accounts = [
    administrator as Account,
    ...others.map((account, i) => ({ ...account, role: roles[i] ?? 'member' })),
  ]
  await createAccounts(server.call, String(server.command('setup-link').link), accounts)
  return accounts
}

/** Signs in through the API. @returns the cookie, ready to be sent. */
export async function signIn(call: Caller, account: Account, headers: Record<string, string> = {}): Promise<string> {
  const { email, password } = account
  const answer = await call('POST', '/v1/sign-in', { body: { email, password }, headers })
  if (answer.cookie === null) throw new Error(`sign-in failed: ${JSON.stringify(answer.body)}`)
  return answer.cookie
}

/** Nothing of this process's own configuration may leak into a server under test. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CUSTODIA_')))
}
