import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBus } from '../platform/cache/memory-bus.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import type { Clock } from '../platform/clock.ts'
import { frozenClock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { Event, Recorder } from '../platform/events/event.ts'
import type { Context } from '../platform/module.ts'
import { systemRandom } from '../platform/random.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { config } from './config.ts'
import { initRootKey } from './init-root-key.ts'
import type { KeyringModule } from './module.ts'
import { createKeyring } from './module.ts'

export const plainConfig = { kms: 'local-file', rootKeyFile: null, rootKeyPassphrase: null } as const

const metrics: Metrics = {
  counter: () => ({ add() {} }),
  gauge() {},
  duration: () => ({ observe() {} }),
}

/** One machine for keyrings: a folder with a root key, and what its processes share. */
export type TestMachine = {
  readonly folder: string
  readonly clock: Clock & { advance(ms: number): void }
  readonly events: Event[]
  readonly recorder: Recorder
  readonly hub: Set<MemoryBus>
  readonly lines: ReturnType<typeof keepingLog>['lines']
  /** What a module gets when a process starts. */
  context(database: Database, changes?: Partial<Context<typeof config>>): Context<typeof config>
  /** Another process: a keyring with a bus of its own on the shared hub. */
  start(database: Database, changes?: Partial<Context<typeof config>>): Promise<KeyringModule>
  close(): Promise<void>
}

export async function testMachine(): Promise<TestMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'custodia-keyring-'))
  await initRootKey({ dataFolder: folder, config: plainConfig })
  const clock = frozenClock()
  const hub = new Set<MemoryBus>()
  const { log, lines } = keepingLog()
  const events: Event[] = []
  const recorder: Recorder = {
    record: async (_tx, event) => void events.push(event),
    note: (event) => void events.push(event),
  }
  const started: KeyringModule[] = []
  const context: TestMachine['context'] = (database, changes) => ({
    config: plainConfig,
    database,
    cache: new MemoryCache({ clock }),
    bus: new MemoryBus(log, hub),
    clock,
    random: systemRandom,
    log,
    metrics,
    recorder,
    permissions: {},
    resources: {},
    contexts: {},
    eventCatalogue: {},
    publicUrl: 'http://custodia.localhost:8080',
    trustedProxies: [],
    dataFolder: folder,
    ...changes,
  })
  return {
    folder,
    clock,
    events,
    recorder,
    hub,
    lines,
    context,
    async start(database, changes) {
      const keyring = await createKeyring(context(database, changes))
      started.push(keyring)
      return keyring
    },
    async close() {
      for (const keyring of started) await keyring.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
