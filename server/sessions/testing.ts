import type { IncomingHttpHeaders } from 'node:http'
import { request as httpRequest } from 'node:http'
import { usualDecisions } from '../access/decisions/config.ts'
import type { AccessModule } from '../access/module.ts'
import { access } from '../access/module.ts'
import type { Keyring } from '../keyring/api.ts'
import { keyring } from '../keyring/module.ts'
import type { TestMachine } from '../keyring/testing.ts'
import { testMachine } from '../keyring/testing.ts'
import type { Database } from '../platform/database/database.ts'
import type { MigrationSource, TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import type { Event } from '../platform/events/event.ts'
import type { Limiter } from '../platform/http/limits.ts'
import { AddressLimits } from '../platform/http/limits.ts'
import type { Authenticator, RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import { createHttpServer } from '../platform/http/server.ts'
import type { Context, Module } from '../platform/module.ts'
import { newId } from '../platform/random.ts'
import { sessions } from './module.ts'

type Modules = readonly Pick<Module, 'name' | 'migrations' | 'permissions'>[]

type Roles = Readonly<Record<string, { summary: string; permissions: string[] }>>

const migrationsOf = (modules: Modules): MigrationSource[] =>
  modules.map((module) => ({ module: module.name, folder: module.migrations as URL }))

export const testConfig = {
  idleTimeoutSeconds: 1_800,
  absoluteTimeoutSeconds: 43_200,
  maxPerPerson: 3,
  retentionDays: 30,
  timeouts: {},
  limits: {},
  onOtherBrowser: 'hold' as const,
  deviceBound: true,
  boundCookieSeconds: 600,
}

/** What one process has. */
export type TestProcess = {
  readonly context: Context
  readonly keyring: Keyring
  readonly access: AccessModule
  readonly sessions: Awaited<ReturnType<typeof sessions.start>>
}

/** One database, one root key, and as many processes on them as a test wants. */
export type TestHouse = {
  readonly db: TestDatabase
  readonly machine: TestMachine
  readonly events: Event[]
  process(changes?: Partial<Context>): Promise<TestProcess>
  close(): Promise<void>
}

export async function openTestHouse(more: Modules = [], roles: Roles = {}): Promise<TestHouse> {
  const db = await openTestDatabase(migrationsOf([keyring, access, sessions, ...more]))
  const machine = await testMachine()
  const permissions = Object.assign({}, ...[access, sessions, ...more].map((module) => module.permissions))
  const stops: (() => Promise<void>)[] = []
  return {
    db,
    machine,
    events: machine.events,
    async process(changes = {}) {
      const database: Database = stops.length === 0 ? db.database : await db.reopen()
      const base = machine.context(database)
      const context: Context = { ...base, permissions, ...changes, config: {} }
      const ring = await machine.start(database, { bus: context.bus })
      const uses = {
        keyring: ring,
        access: await startModule(
          access,
          { ...context, config: { roles, privilegedRoles: [], ...usualDecisions } },
          { keyring: ring },
        ),
      }
      const config = { ...testConfig, ...(changes.config as Partial<typeof testConfig> | undefined) }
      const started = await startModule(sessions, { ...context, config }, uses)
      stops.push(() => started.stop())
      return { context, ...uses, sessions: started }
    },
    async close() {
      for (const stop of stops) await stop()
      await machine.close()
      await db.close()
    },
  }
}

/** Starts a module with values for its settings, as `app.ts` does. */
export async function startModule<Api, Uses, Config extends Context['config']>(
  module: { start(context: Context<never>, uses: Uses): Promise<Api> | Api },
  context: Omit<Context, 'config'> & { config: Config },
  uses: Uses,
): Promise<Api> {
  return await module.start(context as never, uses)
}

/** The head of a request to Custodia's own host, unless said otherwise. */
export function head(fields: Partial<RequestHead> = {}): RequestHead {
  return { method: 'GET', url: '/', host: 'custodia.localhost', headers: firefox, address: '192.0.2.7', ...fields }
}

/** What a browser sends back after a Set-Cookie header. */
export const cookieOf = (setCookie: string): string => setCookie.slice(0, setCookie.indexOf(';'))

export const withCookie = (setCookie: string, fields: Partial<RequestHead> = {}): RequestHead =>
  head({ ...fields, headers: { ...firefox, ...fields.headers, cookie: cookieOf(setCookie) } })

export type Signed = { userId: string; organisationId: string; sessionId: string; cookie: string }

/** Starts a session for somebody, new unless said otherwise. */
export async function signIn(
  process: TestProcess,
  who: {
    userId?: string
    organisationId?: string
    factors?: readonly string[]
    head?: Partial<RequestHead>
    risk?: number
  } = {},
): Promise<Signed> {
  const person = { userId: who.userId ?? newId('usr'), organisationId: who.organisationId ?? newId('org') }
  const started = await process.context.database.transaction((tx) =>
    process.sessions.start(tx, {
      ...person,
      factors: who.factors ?? ['pwd'],
      head: head(who.head),
      risk: who.risk ?? 0,
    }),
  )
  return { ...person, ...started }
}

export const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' }

export async function whoIs(process: TestProcess, request: RequestHead): Promise<UserPrincipal | null> {
  return await process.sessions.authenticate(request)
}

export type Answer = {
  status: number
  code: string | null
  body: Record<string, unknown>
  setCookie: string | null
  headers: IncomingHttpHeaders
}
export type Browser = {
  cookie: string | null
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}
export type TestServer = { readonly port: number; browser(cookie?: string): Browser; close(): Promise<void> }

/** Serves routes of a process as Custodia does, on a loopback port, by the name custodia.localhost. */
export async function serve(
  process: TestProcess,
  routes: readonly Route[],
  authenticators: readonly Authenticator[] = [],
  limiter?: Limiter,
): Promise<TestServer> {
  const { clock, metrics, log } = process.context
  const plenty = { burst: 1_000_000, perSeconds: 1 }
  const limits = { 'sign-in': plenty, read: plenty, write: plenty, expensive: plenty }
  const server = await createHttpServer({
    routes,
    services: {
      clock,
      limits: limiter ?? new AddressLimits(clock, limits),
      authenticators: [
        {
          name: 'session',
          authenticate: process.sessions.authenticate,
          whyNobody: process.sessions.whyNobody,
          renewal: process.sessions.renewal,
        },
        ...authenticators,
      ],
      authorizer: process.access,
      ownOrigins: new Set(['http://custodia.localhost']),
      sensitiveMaxAgeSeconds: 600,
      onDenied() {},
    },
    ownHosts: new Set(['custodia.localhost']),
    hostHandlers: [],
    pages: null,
    tls: null,
    log,
    metrics,
    trustedProxies: ['127.0.0.1'],
    requestTimeoutSeconds: 60,
    bodyLimitBytes: 65_536,
  })
  const port = await server.listen('127.0.0.1', 0)
  return {
    port,
    browser(cookie) {
      const browser: Browser = {
        cookie: cookie === undefined ? null : cookieOf(cookie),
        async call(method, path, body, headers = {}) {
          const sent = {
            origin: 'http://custodia.localhost',
            ...firefox,
            ...(browser.cookie === null ? {} : { cookie: browser.cookie }),
            ...headers,
          }
          const answer = await send(port, method, path, body, sent)
          if (answer.setCookie !== null)
            browser.cookie = answer.setCookie.includes('Max-Age=0') ? null : cookieOf(answer.setCookie)
          return answer
        },
      }
      return browser
    },
    close: () => server.drain(1),
  }
}

/** By hand, since `fetch` sets neither Host nor Cookie. */
function send(
  port: number,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const length = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: { host: 'custodia.localhost', ...(body === undefined ? {} : length), ...headers },
    }
    const request = httpRequest(options, async (response) => {
      const said = (await response.toArray()).join('')
      const parsed = said === '' ? {} : (JSON.parse(said) as Record<string, unknown>)
      resolve({
        status: response.statusCode ?? 0,
        code: typeof parsed.code === 'string' ? parsed.code : null,
        body: parsed,
        setCookie: response.headers['set-cookie']?.[0] ?? null,
        headers: response.headers,
      })
    })
    request.on('error', reject)
    request.end(text)
  })
}
