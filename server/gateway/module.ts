import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { HostHandler, RequestHead } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Sessions } from '../sessions/api.ts'
import type { Application } from './applications.ts'
import { applicationContexts, applicationPermissions, applicationResources, config } from './applications.ts'
import { DecisionLog } from './decision-log.ts'
import { errors } from './errors.ts'
import { event, events } from './events.ts'
import { AssertionMint, jwkOf } from './mint-assertion.ts'
import { routes } from './routes.ts'
import { serveApplication } from './serve-application.ts'
import { OpenSockets, upgrade } from './upgrade.ts'

type Uses = { keyring: Keyring; access: Access; sessions: Sessions; identity: Identity }

type Gateway = HostHandler & { readonly routes: readonly Route[]; stop(): Promise<void> }

const flushMs = 10_000
const recheckMs = 30_000

export const gateway = defineModule<Gateway, Uses, typeof config>({
  name: 'gateway',
  uses: ['keyring', 'access', 'sessions', 'identity'],
  config,
  permissions: {},
  configuredPermissions: ({ applications }) => applicationPermissions(applications),
  configuredResources: ({ applications }) => applicationResources(applications),
  configuredContexts: ({ applications }) => applicationContexts(applications),
  errors,
  events,
  migrations: null,
  start: createGateway,
  routes: (api) => api.routes,
  hostHandler: (api) => api,
  stop: (api) => api.stop(),
})

export async function createGateway(context: Context<typeof config>, uses: Uses): Promise<Gateway> {
  const { clock, random, recorder, database, publicUrl, trustedProxies, log } = context
  const { applications } = context.config
  const { keyring, access, sessions, identity } = uses
  const signer = await keyring.signer('assertion')
  const decisions = new DecisionLog(recorder, clock)
  const sockets = new OpenSockets()
  const admitNeeds = {
    access,
    sessions,
    identity,
    decisions,
    publicUrl,
    clock,
    sockets,
    mint: new AssertionMint(signer, publicUrl, clock),
  }
  const originOf = (application: Application) => {
    const url = new URL(publicUrl)
    url.hostname = application.host
    return url.origin
  }

  const signOut = async (head: RequestHead) => {
    const principal = await sessions.authenticate(head)
    if (principal !== null) {
      const actor = { kind: 'user', id: principal.id } as const
      await database.transaction((tx) =>
        sessions.end(tx, principal.organisationId, principal.sessionId, 'signed-out', actor),
      )
    }
    return sessions.clearCookie
  }
  const arrived = (application: string, session: string) =>
    recorder.note(
      event('session.arrived', { organisationId: null, actor: { kind: 'system' }, data: { application, session } }),
    )

  const served = new Map(
    await Promise.all(
      applications.map(async (application) => {
        const needs = { ...admitNeeds, random, log, publicUrl, trustedProxies, arrived, signOut }
        return [
          application.host,
          { application, app: await serveApplication(application, originOf(application), needs) },
        ] as const
      }),
    ),
  )

  const stopListening = sessions.onEnd((sessionId) => (sessionId === null ? void recheck() : sockets.end(sessionId)))
  const flushing = setInterval(() => decisions.flush(), flushMs)
  const rechecking = setInterval(() => void recheck(), recheckMs)

  /** A socket outlives no session: also one that expired in silence, or whose end was not heard of. */
  async function recheck(): Promise<void> {
    for (const sessionId of sockets.sessions()) {
      const expiry = await sessions.expiry(sessionId).catch(() => null)
      if (expiry === null || expiry.getTime() <= clock.nowMs()) sockets.end(sessionId)
    }
  }

  return {
    routes: routes({ applications, originOf, keys: [jwkOf(signer)], access, sessions }),
    hosts: [...served.keys()],
    claims: (host) => served.has(host),
    handle(request, response) {
      served.get(hostOf(request.headers.host))?.app.routing(request, response)
    },
    upgrade(request, socket, head) {
      const found = served.get(hostOf(request.headers.host))
      if (found === undefined) socket.destroy()
      else void upgrade(found.application, originOf(found.application), request, socket, head, admitNeeds)
    },
    async stop() {
      clearInterval(flushing)
      clearInterval(rechecking)
      stopListening()
      decisions.flush()
      sockets.end(null)
      await Promise.all([...served.values()].map(({ app }) => app.close()))
    },
  }
}

const hostOf = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')
