import type { Bus, Cache } from './cache/cache.ts'
import type { Clock } from './clock.ts'
import type { Settings, SettingTable } from './config/setting.ts'
import type { Database, Queries } from './database/database.ts'
import type { ErrorTable } from './errors.ts'
import type { EventTable, Recorder } from './events/event.ts'
import type { Limiter } from './http/limits.ts'
import type { Authenticator, Authorizer, HostHandler } from './http/ports.ts'
import type { UserPrincipal } from './http/principal.ts'
import type { Route } from './http/route.ts'
import type { Job } from './jobs/job.ts'
import type { Random } from './random.ts'
import type { Log } from './telemetry/log.ts'
import type { Metrics } from './telemetry/metrics.ts'

/** What the platform gives a module when it starts. */
export type Context<Config extends SettingTable = SettingTable> = {
  readonly config: Settings<Config>
  readonly database: Database
  readonly cache: Cache
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly recorder: Recorder
  /** Every module's permissions, for the module that decides. */
  readonly permissions: PermissionTable
  /** What applications declare of their resources, by the name of the application, as it was written: for the module that decides. */
  readonly resources: Readonly<Record<string, unknown>>
  /** What applications declare of the contexts that they send with questions, likewise. */
  readonly contexts: Readonly<Record<string, unknown>>
  /** Every type of event with its summary, for the module that shows them. */
  readonly eventCatalogue: Readonly<Record<string, string>>
  /** The address that people type, without a slash at its end, as in `http://custodia.localhost:8080`. */
  readonly publicUrl: string
  /** Addresses (CIDR) whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[]
  /** Where this instance keeps its files. */
  readonly dataFolder: string
}

/** What may be granted, in plain words. Names are `module:noun:verb`. */
export type PermissionTable = Readonly<Record<string, Permission>>

export type Permission = {
  readonly summary: string
  /**
   * `installation`: what it allows is not confined to the caller's organisation, and so it counts in none but the one that operates the
   * installation. Left out: it is confined, by the SQL of every route that asks for it.
   */
  readonly reach?: 'installation'
}

/** How `privacy` exports and erases what a module knows about one person. */
export type SubjectData = {
  export(organisationId: string, subjectId: string): Promise<Readonly<Record<string, unknown>>>
  /** Runs in the transaction that records the erasure. Safe to run twice. */
  erase(tx: Queries, organisationId: string, subjectId: string): Promise<void>
}

/**
 * A module's manifest: everything the rest of the house needs to know about it, in one place.
 * `app.ts` folds the manifests together; nothing is listed a second time anywhere.
 */
export type Module<Api = unknown, Uses = Record<string, unknown>, Config extends SettingTable = SettingTable> = {
  readonly name: string
  /** Modules on lower tiers whose `api.ts` this one imports. */
  readonly uses: readonly (keyof Uses & string)[]
  readonly config: Config
  readonly permissions: PermissionTable
  /** Permissions that exist because the configuration says so, as those of an application behind the gateway. */
  readonly configuredPermissions?: (config: Settings<Config>) => PermissionTable
  /** What the configuration declares of applications' resources, by the application. */
  readonly configuredResources?: (config: Settings<Config>) => Readonly<Record<string, unknown>>
  /** What the configuration declares of the contexts that applications send, by the application. */
  readonly configuredContexts?: (config: Settings<Config>) => Readonly<Record<string, unknown>>
  readonly errors: ErrorTable
  readonly events: EventTable
  /** Folder of `0001_name.sql` files. */
  readonly migrations: URL | null
  /** Builds the module. What is thrown here stops the start, and its message is shown to the person. */
  start(context: Context<Config>, uses: Uses): Promise<Api> | Api
  readonly routes?: (api: Api) => readonly Route[]
  readonly jobs?: (api: Api) => readonly Job[]
  readonly subjectData?: (api: Api) => SubjectData
  /** Ports of the platform that this module implements. */
  readonly authenticators?: (api: Api) => readonly Authenticator[]
  readonly authorizer?: (api: Api) => Authorizer
  readonly recorder?: (api: Api) => Recorder
  readonly hostHandler?: (api: Api) => HostHandler
  readonly limiter?: (api: Api) => Limiter
  /** How old a proof may be for a sensitive act, where the person's organisation says so. */
  readonly freshSeconds?: (api: Api) => (principal: UserPrincipal) => number | null | Promise<number | null>
  /** Ends what `start` began; called in reverse order. */
  readonly stop?: (api: Api) => Promise<void>
}

/** Declares a module. */
export function defineModule<Api, Uses, const Config extends SettingTable>(
  module: Module<Api, Uses, Config>,
): Module<Api, Uses, Config> {
  return module
}
