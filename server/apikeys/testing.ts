import type { ApiKey, IssuedKey, NewKey } from '@custodia/wire/http/keys.ts'
import type { SigningKey } from '@custodia/wire/http-signatures/algorithms.ts'
import type { SignSettings } from '@custodia/wire/http-signatures/sign.ts'
import { signRequest } from '@custodia/wire/http-signatures/sign.ts'
import { Type } from 'typebox'
import { identity } from '../identity/module.ts'
import type { IdentityProcess } from '../identity/testing.ts'
import { testConfig as identityConfig } from '../identity/testing.ts'
import { mail } from '../mail/module.ts'
import { testConfig as mailConfig } from '../mail/testing.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute } from '../platform/http/route.ts'
import type { Context } from '../platform/module.ts'
import type { Answer, Browser, TestHouse } from '../sessions/testing.ts'
import { openTestHouse, serve, startModule } from '../sessions/testing.ts'
import type { ApiKeysModule } from './module.ts'
import { apikeys } from './module.ts'

export const testConfig = { maxDays: 90, retentionDays: 30 }

/** A process with keys in it, beside everything that they stand on, and routes to try them on. */
export type KeysProcess = IdentityProcess & { readonly keys: ApiKeysModule }

export type KeysHouse = {
  readonly house: TestHouse
  process(changes?: Partial<Context>, config?: Partial<typeof testConfig>): Promise<KeysProcess>
  close(): Promise<void>
}

/** @param more roles beside those that every test has. */
export async function openKeysHouse(more: Parameters<typeof openTestHouse>[1] = {}): Promise<KeysHouse> {
  const house = await openTestHouse([mail, identity, apikeys], {
    reader: { summary: 'Sees people.', permissions: ['identity:users:read', 'sessions:read'] },
    keeper: {
      summary: 'Looks after service accounts and their keys.',
      permissions: ['apikeys:keys:read', 'apikeys:keys:write', 'access:service-accounts:write'],
    },
    ...more,
  })
  const stops: (() => Promise<void>)[] = []
  return {
    house,
    async process(changes = {}, config = {}) {
      const process = await house.process({ publicUrl: 'http://custodia.localhost', ...changes })
      const { context } = process
      const post = await startModule(mail, { ...context, config: mailConfig }, process)
      const people = await startModule(identity, { ...context, config: identityConfig }, { ...process, mail: post })
      const settings = { ...testConfig, ...config }
      const keys = await startModule(apikeys, { ...context, config: settings }, { ...process, identity: people })
      const { routes: accessRoutes } = process.access as unknown as { routes: readonly Route[] }
      const routes = [...accessRoutes, ...process.sessions.routes, ...people.routes, ...keys.routes, ...echoes]
      const server = await serve(process, routes, [keys])
      stops.push(
        server.close,
        () => keys.stop(),
        () => people.stop(),
        () => post.stop(),
      )
      return { ...process, identity: people, mail: post, keys, server, hashes: () => 0 }
    },
    async close() {
      for (const stop of stops) await stop()
      await house.close()
    },
  }
}

const said = Type.Object({ kind: Type.String(), id: Type.String(), body: Type.Optional(Type.Unknown()) })
const echo = { limit: 'read', sensitive: false, reply: said } as const

/** What a key may be tried on: who calls, and with which body. */
const echoes: readonly Route[] = [
  defineRoute({
    ...echo,
    method: 'GET',
    path: '/test/read',
    summary: 'Say who calls.',
    who: { permission: 'identity:users:read' },
    handle: async ({ principal }) => ({ kind: principal.kind, id: principal.id }),
  }),
  defineRoute({
    ...echo,
    method: 'POST',
    path: '/test/write',
    summary: 'Say who calls, and what came.',
    who: { permission: 'identity:users:read' },
    query: Type.Object({ as: Type.Optional(Type.String()) }),
    body: Type.Object({ text: Type.String() }),
    handle: async ({ principal, body }) => ({ kind: principal.kind, id: principal.id, body }),
  }),
  defineRoute({
    ...echo,
    method: 'POST',
    path: '/test/bare',
    summary: 'Take no body.',
    who: { permission: 'identity:users:read' },
    handle: async ({ principal }) => ({ kind: principal.kind, id: principal.id }),
  }),
  defineRoute({
    ...echo,
    method: 'POST',
    path: '/test/signed',
    summary: 'Take signed requests only.',
    who: { permission: 'identity:users:read' },
    signed: true,
    body: Type.Object({ text: Type.String() }),
    handle: async ({ principal, body }) => ({ kind: principal.kind, id: principal.id, body }),
  }),
  defineRoute({
    ...echo,
    method: 'GET',
    path: '/test/sensitive',
    summary: 'Ask for a fresh factor.',
    who: { permission: 'identity:users:read' },
    sensitive: true,
    handle: async ({ principal }) => ({ kind: principal.kind, id: principal.id }),
  }),
]

/** Makes a key in somebody's session. */
export async function makeKeyAs(
  browser: Browser,
  wanted: Partial<NewKey> = {},
): Promise<IssuedKey & { answer: Answer }> {
  const body = { name: 'Nightly report', scopes: ['identity:users:read'], ...wanted }
  const answer = await browser.call('POST', '/v1/keys', body)
  return { ...(answer.body as unknown as IssuedKey), answer }
}

export const keysOf = async (browser: Browser): Promise<ApiKey[]> =>
  ((await browser.call('GET', '/v1/keys')).body as { items: ApiKey[] }).items

/** Calls with a key, without a cookie. */
export function callWith(
  process: KeysProcess,
  token: string | null,
  path = '/test/read',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return process.server.browser().call('GET', path, undefined, { authorization: `Bearer ${token}`, ...headers })
}

export const bearer = (token: string | null, address = '192.0.2.7'): RequestHead => ({
  method: 'GET',
  url: '/',
  host: 'custodia.localhost',
  headers: { authorization: `Bearer ${token}` },
  address,
})

export type Signing = { readonly keyId: string; readonly key: SigningKey; readonly nowSeconds: number }

/** The headers of a request that is signed just now, but for what the test says. */
export function signatureOf(
  { method, path, body }: { method: string; path: string; body?: unknown },
  signing: Signing & Partial<SignSettings>,
): Record<string, string> {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body))
  const head = { method, scheme: 'http', authority: 'custodia.localhost', target: path, headers: [] } as const
  return { ...signRequest(head, bytes, { nonce: crypto.randomUUID(), ...signing }) }
}
