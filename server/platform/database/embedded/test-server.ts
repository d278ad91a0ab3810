import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepingLog } from '../../telemetry/testing.ts'
import { isAlive } from './alive.ts'
import type { Installation } from './installation.ts'
import { embeddedInstallation } from './installation.ts'
import type { Supervised } from './supervise.ts'
import { supervise } from './supervise.ts'

/** The servers that what is stored must work on. */
export type TestServerName = 'embedded' | 'debian15'

type TestServer = {
  readonly installation: () => Installation
  /** A server that is running already, shared by all test files: a role that may make databases and roles. */
  readonly sharedUrl: string | undefined
}

/** Connections to a running test server. */
export type TestUrls = {
  /** As a superuser. */
  readonly admin: string
  /** As the role that owns the test databases. */
  readonly owner: string
  /** As the application's role, where it may sign in; otherwise as the owner. */
  readonly application: string
}

const debian = '/usr/lib/postgresql/15/bin'

const servers: Readonly<Record<TestServerName, TestServer>> = {
  embedded: { installation: embeddedInstallation, sharedUrl: process.env.CUSTODIA_TEST_DATABASE_URL },
  debian15: {
    installation: () => ({ binaries: debian, initdbOptions: ['--locale=C.UTF-8'], settings: {} }),
    sharedUrl: process.env.CUSTODIA_TEST_DATABASE_15_URL,
  },
}

/** What storage contracts run on. `missing` is for the `skip` of `node:test`: false where the server can run here. */
export const testServers: readonly { readonly name: TestServerName; readonly missing: string | false }[] = [
  { name: 'embedded', missing: false },
  { name: 'debian15', missing: whyNotDebian() },
]

function whyNotDebian(): string | false {
  // In the quick inner loop the embedded server stands for both.
  if (process.env.CUSTODIA_TEST_QUICK !== undefined) return 'left out of the quick check'
  if (servers.debian15.sharedUrl !== undefined || existsSync(join(debian, 'postgres'))) return false
  return 'PostgreSQL 15 is not installed: NOT TESTED'
}

const running = new Map<TestServerName, Promise<TestUrls>>()

/** The shared server where there is one; otherwise one of this process's own, which goes with it. */
export function testUrls(name: TestServerName): Promise<TestUrls> {
  const { sharedUrl } = servers[name]
  if (sharedUrl !== undefined) return Promise.resolve({ admin: sharedUrl, owner: sharedUrl, application: sharedUrl })
  const known = running.get(name) ?? startOwn(servers[name])
  running.set(name, known)
  return known
}

const prefix = 'custodia-postgres-'

async function startOwn(server: TestServer): Promise<TestUrls> {
  removeAbandoned()
  const dataFolder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  let started: Supervised | null = null
  process.once('exit', () => removeNow(dataFolder, started?.pid() ?? null))
  started = await supervise({
    installation: server.installation(),
    dataFolder,
    log: keepingLog().log,
    settings: { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' },
    syncNewFiles: false,
  })
  return { admin: started.adminUrl, owner: started.url, application: started.applicationUrl }
}

/** In the last moment of a process nothing can be awaited: the server is told to end at once, and watched until it has. */
function removeNow(dataFolder: string, server: number | null): void {
  if (server !== null) process.kill(server, 'SIGQUIT')
  const pidFile = join(dataFolder, 'postgres', 'postmaster.pid')
  const tick = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; waited < 200 && existsSync(pidFile); waited++) Atomics.wait(tick, 0, 0, 10)
  rmSync(dataFolder, { recursive: true, force: true, maxRetries: 3 })
}

/** What test processes that were killed have left; their servers ended with them. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : Number.NaN
    if (Number.isSafeInteger(pid) && !isAlive(pid))
      rmSync(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 3 })
  }
}
