import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as askPlain } from 'node:http'
import { request as askTls } from 'node:https'
import type { ApplicationPrincipal } from '../platform/http/principal.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Forwarder, ReceivedWebhook } from '../webhooks/api.ts'
import type { Application } from './applications.ts'
import type { AssertionMint } from './mint-assertion.ts'
import { outgoingHeaders } from './outgoing-headers.ts'
import type { Upstreams } from './upstreams.ts'
import { failureOf } from './upstreams.ts'

type Needs = {
  readonly mint: AssertionMint
  readonly upstreams: Upstreams
  readonly log: Log
  originOf(application: Application): string
}

/** The way of verified webhooks to the applications that take them: to their upstream, with an assertion that names the source. */
export function webhookForwarder(applications: readonly Application[], needs: Needs): Forwarder {
  const taking = applications.filter(({ webhooks }) => webhooks.length > 0)
  const byName = new Map(taking.map((application) => [application.name, application]))
  return {
    applications: new Map(taking.map(({ name, webhooks }) => [name, webhooks])),
    async forward(webhook, signal) {
      const application = byName.get(webhook.application)
      // The configuration was changed since: what was allowed then is not now.
      if (application?.webhooks.includes(webhook.path) !== true) throw new Error('no application takes webhooks there')
      return await send(application, webhook, headersFor(application, webhook, needs), signal, needs)
    },
  }
}

function headersFor(
  application: Application,
  webhook: ReceivedWebhook,
  { mint, originOf }: Needs,
): OutgoingHttpHeaders {
  const { sourceId: id, organisationId, name, headers, body, address } = webhook
  const source: ApplicationPrincipal = { kind: 'application', id, organisationId, roles: [], keyId: id }
  const origin = new URL(originOf(application))
  const protocol = origin.protocol === 'https:' ? 'https' : 'http'
  const assertion = mint.mint(application.name, source, { name, email: null }, [])
  const introduction = { assertion, address, host: origin.host, protocol, signed: false } as const
  return { ...outgoingHeaders(headers, introduction), 'content-length': String(body.length) }
}

function send(
  { name, upstream }: Application,
  { path, body }: ReceivedWebhook,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
  { upstreams, log }: Needs,
): Promise<number> {
  const url = new URL(upstream)
  const ask = url.protocol === 'https:' ? askTls : askPlain
  return new Promise((resolve, reject) => {
    const take = (reply: IncomingMessage) => {
      // What it says beside its status is for nobody.
      reply.destroy()
      resolve(reply.statusCode ?? 0)
    }
    const options = {
      ...upstreams.get(name)?.options(),
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path,
      method: 'POST',
      headers,
      signal,
      agent: false,
    }
    const asked = ask(options, take)
    asked.on('error', (error) => {
      const { reason } = failureOf(error)
      if (reason !== null) log.warn({ application: name, ...reason, error }, 'a webhook was not sent to the upstream')
      reject(error)
    })
    asked.end(body)
  })
}
