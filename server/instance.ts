import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { App } from './app.ts'
import { migrations, settingTables, startApp } from './app.ts'
import type { Bus, Cache } from './platform/cache/cache.ts'
import { MemoryCache } from './platform/cache/memory-cache.ts'
import { openPostgresBus } from './platform/cache/postgres-bus.ts'
import { systemClock } from './platform/clock.ts'
import type { PlatformSettings } from './platform/config/platform-settings.ts'
import { platformContradictions, platformSettings, publicUrlOf } from './platform/config/platform-settings.ts'
import type { Configuration } from './platform/config/read-configuration.ts'
import { readConfiguration } from './platform/config/read-configuration.ts'
import type { Database } from './platform/database/database.ts'
import { joinEmbedded } from './platform/database/embedded/running.ts'
import { startEmbedded } from './platform/database/embedded.ts'
import { migrate } from './platform/database/migrate.ts'
import { openDatabase } from './platform/database/open.ts'
import { jobMigrations } from './platform/jobs/run-jobs.ts'
import { systemRandom } from './platform/random.ts'
import type { Log } from './platform/telemetry/log.ts'
import type { MetricsRegistry } from './platform/telemetry/registry.ts'
import { createMetrics } from './platform/telemetry/registry.ts'

/** One Custodia at work: its storage, its modules, and the way to end all of it in order. */
export type Instance = {
  readonly settings: PlatformSettings
  readonly publicUrl: string
  readonly app: App
  readonly database: Database
  readonly bus: Bus
  readonly metrics: MetricsRegistry
  stop(): Promise<void>
}

/** Reads the configuration of this process. @throws ConfigurationError with all that is wrong. */
export function configuration(environment: NodeJS.ProcessEnv = process.env): Configuration {
  return readConfiguration({
    tables: { platform: platformSettings, ...settingTables },
    environment,
    contradictions: (values) => platformContradictions(values.platform as PlatformSettings),
  })
}

/** The folder of this instance, from its settings. */
export const dataFolderOf = (settings: PlatformSettings): string => resolve(settings.data)

/**
 * Starts storage and modules. A command beside a running server joins that server's database; the server itself insists on having
 * the folder to itself.
 */
export async function startInstance(read: Configuration, log: Log, role: 'server' | 'command'): Promise<Instance> {
  const settings = read.values.platform as PlatformSettings
  const dataFolder = dataFolderOf(settings)
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const undo: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of undo.splice(0).reverse())
      await one().catch((error) => log.error({ error }, 'a part did not stop cleanly'))
  }
  try {
    const { owner, application } = await databaseUrls()
    await migrate({ url: owner, migrations: [...platformMigrations, ...migrations], log }).catch(
      unreachable('CUSTODIA_DATABASE_URL'),
    )
    const database = openDatabase({ url: application, log })
    undo.push(() => database.close())
    const cache = await openCache()
    undo.push(() => cache.close())
    const bus = await openBus(application)
    undo.push(() => bus.close())
    const metrics = createMetrics()
    const publicUrl = publicUrlOf(settings)
    const app = await startApp({
      config: read.values as Parameters<typeof startApp>[0]['config'],
      database,
      cache,
      bus,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics,
      publicUrl,
      trustedProxies: settings.trustedProxies,
      dataFolder,
    })
    undo.push(() => app.stop())
    return { settings, publicUrl, app, database, bus, metrics, stop }
  } catch (error) {
    await stop()
    throw error
  }

  /** Migrations need the owner of the schemas; everything else signs in, where it can, as the role that owns nothing. */
  async function databaseUrls(): Promise<{ owner: string; application: string }> {
    const { databaseUrl: application, databaseMigrationUrl } = settings
    if (application !== null) return { owner: databaseMigrationUrl ?? application, application }
    const running = role === 'command' ? await joinEmbedded(dataFolder) : null
    if (running !== null) return { owner: running, application: running }
    const embedded = await startEmbedded({ dataFolder, log: log.child({ module: 'database' }), keeper: role })
    undo.push(() => embedded.stop())
    return { owner: embedded.url, application: embedded.applicationUrl }
  }

  async function openCache(): Promise<Cache> {
    if (settings.redisUrl === null) return new MemoryCache({ clock: systemClock })
    const { openRedisCache } = await import('./platform/cache/redis-cache.ts')
    return await openRedisCache({ url: settings.redisUrl, log }).catch(unreachable('CUSTODIA_REDIS_URL'))
  }

  async function openBus(url: string): Promise<Bus> {
    if (settings.redisUrl === null) return await openPostgresBus({ url, log })
    const { openRedisBus } = await import('./platform/cache/redis-bus.ts')
    return await openRedisBus({ url: settings.redisUrl, log })
  }
}

const platformMigrations = [{ module: 'platform', folder: jobMigrations }]

/** A failure to connect says what failed, and not which setting names it. */
function unreachable(key: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.syscall === undefined && !/can't be reached/.test(error.message)) throw error
    throw new Error(
      `What ${key} names does not answer (${error.message}). See that it runs, and that the address is right.`,
    )
  }
}
