import { event as accessEvent } from './access/events.ts'
import { access } from './access/module.ts'
import { activity } from './activity/module.ts'
import { apikeys } from './apikeys/module.ts'
import { audit } from './audit/module.ts'
import { browser } from './browser/module.ts'
import { gateway } from './gateway/module.ts'
import { identity } from './identity/module.ts'
import { keyring } from './keyring/module.ts'
import { limits } from './limits/module.ts'
import { mail } from './mail/module.ts'
import type { Bus, Cache } from './platform/cache/cache.ts'
import type { Clock } from './platform/clock.ts'
import type { SettingTable } from './platform/config/setting.ts'
import type { Database } from './platform/database/database.ts'
import type { MigrationSource } from './platform/database/migrate.ts'
import type { ErrorTable } from './platform/errors.ts'
import { actorOf } from './platform/events/event.ts'
import { lateRecorder } from './platform/events/late-recorder.ts'
import { httpErrors } from './platform/http/errors.ts'
import type { Limiter } from './platform/http/limits.ts'
import type { DocumentedModule } from './platform/http/openapi.ts'
import type { Exchange } from './platform/http/pipeline.ts'
import type { Authenticator, Authorizer, HostHandler } from './platform/http/ports.ts'
import type { UserPrincipal } from './platform/http/principal.ts'
import type { Route } from './platform/http/route.ts'
import type { Job } from './platform/jobs/job.ts'
import type { Context, Module, Permission, PermissionTable, SubjectData } from './platform/module.ts'
import type { Random } from './platform/random.ts'
import type { Log } from './platform/telemetry/log.ts'
import type { Metrics } from './platform/telemetry/metrics.ts'
import { sessions } from './sessions/module.ts'
import { uploads } from './uploads/module.ts'
import { webhooks } from './webhooks/module.ts'

/** Every module, in the order of its tier. This list is the only one. */
export const modules = [
  keyring,
  audit,
  access,
  sessions,
  mail,
  limits,
  identity,
  apikeys,
  activity,
  browser,
  uploads,
  webhooks,
  gateway,
] as const

// What is folded over forgets the modules' own types; each `start` still receives exactly what its `uses` names.
const anyModules = modules as readonly unknown[] as readonly Module<unknown, Record<string, unknown>, SettingTable>[]

/** The settings of every module, by its name. */
export const settingTables: Readonly<Record<string, SettingTable>> = Object.fromEntries(
  anyModules.map((module) => [module.name, module.config]),
)

/** The migrations of every module, in order. */
export const migrations: readonly MigrationSource[] = anyModules.flatMap((module) =>
  module.migrations === null ? [] : [{ module: module.name, folder: module.migrations }],
)

export type Parts = {
  readonly config: Readonly<Record<string, Record<string, unknown>>>
  readonly database: Database
  readonly cache: Cache
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  readonly dataFolder: string
}

/** The modules at work, and what the platform needs of them. */
export type App = {
  readonly documented: readonly DocumentedModule[]
  readonly jobs: readonly Job[]
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  readonly hostHandlers: readonly HostHandler[]
  readonly limiter: Limiter | undefined
  readonly freshSeconds: ((principal: UserPrincipal) => number | null | Promise<number | null>) | undefined
  readonly subjectData: readonly { readonly module: string; readonly data: SubjectData }[]
  readonly onDenied: (exchange: Exchange, permission: string) => void
  /** A module at work, for commands of the installation. */
  api<Api>(module: { readonly name: string }): Api
  stop(): Promise<void>
}

/** Starts every module in order, each with the modules it uses, and folds their manifests together. */
export async function startApp(parts: Parts): Promise<App> {
  const recorder = lateRecorder()
  const permissions = allPermissions(parts.config)
  const resources = allResources(parts.config)
  const contexts = allContexts(parts.config)
  const apis: Record<string, unknown> = {}
  const started: { module: (typeof anyModules)[number]; api: unknown }[] = []

  const stop = async () => {
    for (const { module, api } of started.toReversed()) await module.stop?.(api)
  }
  try {
    for (const module of anyModules) {
      const context: Context = {
        ...parts,
        config: parts.config[module.name] ?? {},
        log: parts.log.child({ module: module.name }),
        recorder,
        permissions,
        resources,
        contexts,
        eventCatalogue,
      }
      const uses = Object.fromEntries(module.uses.map((name) => [name, apis[name]]))
      const api = await module.start(context, uses)
      apis[module.name] = api
      started.push({ module, api })
      if (module.recorder !== undefined) recorder.install(module.recorder(api))
    }
  } catch (error) {
    await stop()
    throw error
  }

  const documented = started.map(({ module, api }) => ({
    name: module.name,
    routes: module.routes?.(api) ?? [],
    errors: module.errors,
    permissions: module.permissions,
  }))
  const mistake = documented.flatMap(({ routes, errors }) =>
    routes.map((route) => mistakeIn(route, permissions, errors)),
  )
  const first = mistake.find((one) => one !== null)
  if (first !== undefined) {
    await stop()
    throw new Error(first as string)
  }
  const authorizer = started.map(({ module, api }) => module.authorizer?.(api)).find((one) => one !== undefined)
  if (authorizer === undefined) throw new Error('no module decides')
  return {
    documented,
    jobs: started.flatMap(({ module, api }) => module.jobs?.(api) ?? []),
    authenticators: started.flatMap(({ module, api }) => module.authenticators?.(api) ?? []),
    authorizer,
    limiter: started.map(({ module, api }) => module.limiter?.(api)).find((one) => one !== undefined),
    freshSeconds: started.map(({ module, api }) => module.freshSeconds?.(api)).find((one) => one !== undefined),
    hostHandlers: started.flatMap(({ module, api }) => module.hostHandler?.(api) ?? []),
    subjectData: started.flatMap(({ module, api }) => {
      const data = module.subjectData?.(api)
      return data === undefined ? [] : [{ module: module.name, data }]
    }),
    onDenied({ principal, route }, permission) {
      recorder.note(
        accessEvent('request.denied', {
          organisationId: principal?.organisationId ?? null,
          actor: actorOf(principal),
          data: { method: route.method, route: route.path, permission },
        }),
      )
    },
    api: <Api>(module: { readonly name: string }) => apis[module.name] as Api,
    stop,
  }
}

/** A route names permissions and codes by text: one that nobody declares would deny, or document, in silence. */
function mistakeIn(route: Route, permissions: PermissionTable, errors: ErrorTable): string | null {
  const { who } = route
  if (typeof who === 'object' && !(who.permission in permissions))
    return `${route.method} ${route.path} needs ${who.permission}, which no module declares`
  const code = route.errors?.find((one) => !(one in errors))
  return code === undefined ? null : `${route.method} ${route.path} answers ${code}, which its module does not declare`
}

function allPermissions(config: Parts['config']): PermissionTable {
  const all: Record<string, Permission> = {}
  for (const module of anyModules) {
    const declared = { ...module.permissions, ...module.configuredPermissions?.((config[module.name] ?? {}) as never) }
    for (const [name, permission] of Object.entries(declared)) {
      if (name in all) throw new Error(`two modules declare the permission ${name}`)
      all[name] = permission
    }
  }
  return all
}

const allResources = (config: Parts['config']): Readonly<Record<string, unknown>> =>
  Object.assign(
    {},
    ...anyModules.map((module) => module.configuredResources?.((config[module.name] ?? {}) as never) ?? {}),
  )

const allContexts = (config: Parts['config']): Readonly<Record<string, unknown>> =>
  Object.assign(
    {},
    ...anyModules.map((module) => module.configuredContexts?.((config[module.name] ?? {}) as never) ?? {}),
  )

/** Every error code of the house with its definition, the platform's first. */
export const errorTables = [
  { module: 'http', errors: httpErrors },
  ...anyModules.map((module) => ({ module: module.name, errors: module.errors })),
] as const

/** Every type of event that the ledger may hold, with its summary. */
export const eventCatalogue: Readonly<Record<string, string>> = Object.fromEntries(
  anyModules.flatMap((module) =>
    Object.entries(module.events).map(([name, one]) => [`${module.name}.${name}`, one.summary] as const),
  ),
)
