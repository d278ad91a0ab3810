import { csrfTokens } from '@custodia/edge/browser/csrf-token.ts'
import type { Access } from '../access/api.ts'
import type { ApiKeys } from '../apikeys/api.ts'
import type { Browser } from '../browser/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { LimitsOfApplications } from '../limits/api.ts'
import { clientAddresses } from '../platform/http/client-address.ts'
import type { HostHandler, RequestHead } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Sessions } from '../sessions/api.ts'
import type { Uploads } from '../uploads/api.ts'
import type { Webhooks } from '../webhooks/api.ts'
import type { Application } from './applications.ts'
import { applicationContexts, applicationPermissions, applicationResources, config } from './applications.ts'
import { DecisionLog } from './decision-log.ts'
import { FileLog } from './edge/file-log.ts'
import { openInputs } from './edge/input.ts'
import { UnfitLog } from './edge/unfit-log.ts'
import { UploadDefence } from './edge/uploads.ts'
import { errors } from './errors.ts'
import { event, events } from './events.ts'
import { webhookForwarder } from './forward-webhook.ts'
import { HeldBodies } from './held-bodies.ts'
import { AssertionMint, jwkOf } from './mint-assertion.ts'
import { routes } from './routes.ts'
import { OpenSockets, upgrade } from './upgrade.ts'
import { openUpstreams } from './upstreams.ts'
import { WrongKeys } from './wrong-keys.ts'

type Uses = {
  keyring: Keyring
  access: Access
  limits: LimitsOfApplications
  sessions: Sessions
  identity: Identity
  apikeys: ApiKeys
  browser: Browser
  uploads: Uploads
  webhooks: Webhooks
}

type Gateway = HostHandler & { readonly routes: readonly Route[]; stop(): Promise<void> }

const flushMs = 10_000
const recheckMs = 30_000

export const gateway = defineModule<Gateway, Uses, typeof config>({
  name: 'gateway',
  uses: ['keyring', 'access', 'limits', 'sessions', 'identity', 'apikeys', 'browser', 'uploads', 'webhooks'],
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
  const { applications, maxSignedBodyBytes } = context.config
  const { keyring, access, limits, sessions, identity, apikeys: keys, browser, webhooks } = uses
  const unfit = new UnfitLog(context)
  const inputs = await openInputs(applications, (one) => unfit.add(one))
  const upstreams = await openUpstreams(applications, context)
  const signer = await keyring.signer('assertion')
  const decisions = new DecisionLog(recorder, clock)
  const sockets = new OpenSockets((credential) => void recheck(credential))
  const admitNeeds = {
    access,
    sessions,
    identity,
    keys,
    wrongKeys: new WrongKeys(clock),
    addressOf: clientAddresses(trustedProxies),
    decisions,
    publicUrl,
    clock,
    sockets,
    inputs,
    upstreams,
    log,
    limits: new Map(applications.map(({ name, edge }) => [name, limits.forApplication(name, edge.limits)])),
    csrf: csrfTokens(await keyring.secret('csrf-token'), (length) => random.bytes(length)),
    mint: new AssertionMint(signer, publicUrl, clock),
  }
  const originOf = (application: Application) => {
    const url = new URL(publicUrl)
    url.hostname = application.host
    return url.origin
  }

  browser.lendApplications(applications.map((one) => ({ ...one, profile: one.edge.browser.profile })))
  webhooks.lendForwarder(webhookForwarder(applications, { mint: admitNeeds.mint, upstreams, log, originOf }))

  const bodies = new HeldBodies(maxSignedBodyBytes)
  const refused = context.metrics.counter(
    'custodia_gateway_upstream_busy_total',
    'Requests that were refused, because an application was asked as much as it answers already.',
    ['application'],
  )
  const busy = (application: string) => refused.add(1, { application })
  const uploads = new UploadDefence(uses.uploads.examine)
  const files = new FileLog(context)
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

  const needs = {
    ...admitNeeds,
    browser,
    random,
    publicUrl,
    trustedProxies,
    bodies,
    uploads,
    files,
    busy,
    arrived,
    signOut,
  }
  const serve = async (application: Application) => {
    // Loaded where there is an application.
    const { serveApplication } = await import('./serve-application.ts')
    return { application, app: await serveApplication(application, originOf(application), needs) }
  }
  const served = new Map(
    await Promise.all(applications.map(async (application) => [application.host, await serve(application)] as const)),
  )

  const stopListening = sessions.onEnd((sessionId) => (sessionId === null ? void recheck() : sockets.end(sessionId)))
  const stopHearing = keys.onChange((keyId) => void recheck(keyId))
  const flushing = setInterval(() => {
    decisions.flush()
    unfit.flush()
  }, flushMs)
  const rechecking = setInterval(() => void recheck(), recheckMs)

  /** A socket outlives no session and no key: also one that expired in silence, or whose end was not heard of. */
  async function recheck(only: string | null = null): Promise<void> {
    for (const credential of only === null ? sockets.credentials() : [only].filter((one) => sockets.has(one))) {
      const holds = credential.startsWith('ses_') ? hasTime(credential) : keys.holds(credential)
      if (!(await holds.catch(() => false))) sockets.end(credential)
    }
  }

  async function hasTime(sessionId: string): Promise<boolean> {
    const expiry = await sessions.expiry(sessionId)
    return expiry !== null && expiry.getTime() > clock.nowMs()
  }

  return {
    routes: routes({ applications, originOf, keys: [jwkOf(signer)], access, sessions }),
    hosts: [...served.keys()],
    clientCertificates: applications.flatMap(({ host, clientCertificates: files }) =>
      files === null ? [] : [{ host, files }],
    ),
    claims: (host) => served.has(host),
    handle(request, response) {
      served.get(hostOf(request.headers.host))?.app.routing(request, response)
    },
    upgrade(request, socket, head) {
      const found = served.get(hostOf(request.headers.host))
      if (found === undefined) socket.destroy()
      else void upgrade(found.application, originOf(found.application), request, socket, head, admitNeeds)
    },
    look: upstreams.look,
    async stop() {
      upstreams.stop()
      clearInterval(flushing)
      clearInterval(rechecking)
      stopListening()
      stopHearing()
      decisions.flush()
      unfit.flush(0)
      sockets.end(null)
      await Promise.all([...served.values()].map(({ app }) => app.close()))
    },
  }
}

const hostOf = (header: string | undefined) => (header ?? '').toLowerCase().replace(/:\d+$/, '')
