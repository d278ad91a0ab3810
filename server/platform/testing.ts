import { MemoryBus } from './cache/memory-bus.ts'
import { MemoryCache } from './cache/memory-cache.ts'
import { frozenClock } from './clock.ts'
import type { SettingTable } from './config/setting.ts'
import type { Database, Queries } from './database/database.ts'
import type { Event } from './events/event.ts'
import type { Context } from './module.ts'
import { systemRandom } from './random.ts'
import { createMetrics } from './telemetry/registry.ts'
import { keepingLog } from './telemetry/testing.ts'

export type TestContext<Config extends SettingTable> = Context<Config> & {
  readonly clock: ReturnType<typeof frozenClock>
  /** Everything recorded and noted, in order. */
  readonly events: Event[]
  /** A second process on the same database and bus. */
  another(database: Database): TestContext<Config>
}

/** What the platform would give a module, with a clock that stands still and a recorder that keeps what it hears. */
export function testContext<Config extends SettingTable>(options: {
  readonly config: Context<Config>['config']
  readonly database: Database
  readonly permissions?: Context['permissions']
  readonly publicUrl?: string
  readonly hub?: Set<MemoryBus>
}): TestContext<Config> {
  const hub = options.hub ?? new Set<MemoryBus>()
  const { log } = keepingLog()
  const clock = frozenClock()
  const events: Event[] = []
  return {
    config: options.config,
    database: options.database,
    cache: new MemoryCache({ clock }),
    bus: new MemoryBus(log, hub),
    clock,
    random: systemRandom,
    log,
    metrics: createMetrics(),
    recorder: {
      record: async (_tx: Queries, event: Event) => void events.push(event),
      note: (event: Event) => void events.push(event),
    },
    permissions: options.permissions ?? {},
    resources: {},
    contexts: {},
    eventCatalogue: {},
    publicUrl: options.publicUrl ?? 'http://custodia.localhost:8080',
    trustedProxies: [],
    dataFolder: '/nonexistent',
    events,
    another: (database) => testContext<Config>({ ...options, database, hub }),
  }
}
