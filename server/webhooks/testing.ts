import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { verifyWebhook } from '@custodia/edge/webhooks/verify-webhook.ts'
import type { Endpoint, EndpointSecret, WebhookMessage } from '@custodia/wire/http/webhooks.ts'
import { eventCatalogue } from '../app.ts'
import type { Audit } from '../audit/module.ts'
import { audit } from '../audit/module.ts'
import { identity } from '../identity/module.ts'
import type { IdentityProcess } from '../identity/testing.ts'
import { testConfig as identityConfig, setUp, signInAs } from '../identity/testing.ts'
import { mail } from '../mail/module.ts'
import { testConfig as mailConfig } from '../mail/testing.ts'
import type { Event } from '../platform/events/event.ts'
import { lateRecorder } from '../platform/events/late-recorder.ts'
import type { Job } from '../platform/jobs/job.ts'
import { secureServer } from '../platform/outbound/testing.ts'
import type { Answer, Browser, TestHouse } from '../sessions/testing.ts'
import { openTestHouse, serve, startModule } from '../sessions/testing.ts'
import type { WebhooksModule } from './module.ts'
import { createWebhooks, webhooks } from './module.ts'

export const testConfig = { private: true, retentionDays: 30 }

export type WebhooksProcess = IdentityProcess & {
  readonly audit: Audit
  readonly webhooks: WebhooksModule
  /** Runs one of the module's jobs once, and waits for what it began. */
  run(name?: string): Promise<void>
  /** Begins it and does not wait for what it began. */
  begin(): Promise<void>
  /** Records an event of the first administrator's organisation. */
  happen(type: string, fields?: Partial<Event>): Promise<void>
}

export type WebhooksHouse = {
  readonly house: TestHouse
  readonly first: WebhooksProcess
  readonly organisationId: string
  /** The first administrator, signed in just now by the frozen clock. */
  administrator(): Promise<Browser>
  process(config?: Partial<typeof testConfig>): Promise<WebhooksProcess>
  /** This module's events in the ledger. */
  events(type: string): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

/** Processes whose events go into a real ledger, and an organisation that is set up. */
export async function openWebhooksHouse(): Promise<WebhooksHouse> {
  const house = await openTestHouse([audit, mail, identity, webhooks], {
    operator: { summary: 'Sets webhooks up.', permissions: ['webhooks:*', 'ledger:read'] },
    blind: { summary: 'Sets webhooks up and reads no ledger.', permissions: ['webhooks:*'] },
  })
  const stops: (() => Promise<void>)[] = []
  let organisationId = ''
  const process = async (config: Partial<typeof testConfig> = {}): Promise<WebhooksProcess> => {
    const recorder = lateRecorder()
    const base = await house.process({ recorder, eventCatalogue, publicUrl: 'http://custodia.localhost' })
    const { context } = base
    const ledger = (await startModule(audit, { ...context, config: { origin: '' } }, base)) as Audit
    recorder.install(ledger)
    const post = await startModule(mail, { ...context, config: mailConfig }, base)
    const people = await startModule(identity, { ...context, config: identityConfig }, { ...base, mail: post })
    const settings = { ...context, config: { ...testConfig, ...config } }
    const api = createWebhooks(settings as never, { ...base, audit: ledger })
    const server = await serve(base, [...base.sessions.routes, ...post.routes, ...people.routes, ...api.routes])
    stops.push(async () => {
      await server.close()
      await api.stop()
      await people.stop()
      await post.stop()
      await ledger.stop()
    })
    const begin = async (name = 'webhooks.delivery') => {
      await ledger.settle()
      await api.jobs.find((job: Job) => job.name === name)?.run(new AbortController().signal)
    }
    return {
      ...base,
      identity: people,
      mail: post,
      server,
      hashes: () => 0,
      audit: ledger,
      webhooks: api,
      begin,
      async run(name) {
        await begin(name)
        await api.idle()
      },
      async happen(type, fields = {}) {
        const event = { type, organisationId, actor: { kind: 'system' as const }, subjectId: null, data: {}, ...fields }
        await context.database.transaction((tx) => ledger.record(tx, event))
      },
    }
  }
  const first = await process()
  const browser = await setUp(first)
  organisationId = ((await browser.call('GET', '/v1/me')).body.user as { organisationId: string }).organisationId
  return {
    house,
    first,
    organisationId,
    async administrator() {
      const fresh = first.server.browser()
      const answer = await signInAs(fresh, 'ada@northwind.example')
      if (answer.status !== 200) throw new Error(`no sign-in: ${answer.code}`)
      return fresh
    },
    process,
    async events(type) {
      await first.audit.settle()
      const rows = await house.db.asOwner(
        `select convert_from(body, 'UTF8') as body from audit.entry where type = 'webhooks.${type}' order by id`,
      )
      return rows.map(({ body }) => JSON.parse(body as string).data as Record<string, unknown>)
    },
    async close() {
      for (const stop of stops) await stop()
      await house.close()
    },
  }
}

export type Received = {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly message: WebhookMessage
}

/** Somebody's server, by https, that keeps what it was sent. */
export type Receiver = {
  readonly received: Received[]
  url(path?: string): string
  /** How it answers from now on; 204 unless said. Called once the body is there. */
  answer: RequestListener
  close(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const receiver = { received, answer: ((_request, response) => void response.writeHead(204).end()) as RequestListener }
  const server = await secureServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    received.push({ headers: request.headers, body, message: JSON.parse(body.toString()) })
    receiver.answer(request, response)
  })
  return Object.assign(receiver, {
    url: (path = '/hook') => `https://localhost:${server.port}${path}`,
    close: () => server.close(),
  })
}

export const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, headers).end()

export async function addEndpoint(
  browser: Browser,
  wanted: Record<string, unknown>,
): Promise<EndpointSecret & { readonly answer: Answer }> {
  const answer = await browser.call('POST', '/v1/webhooks/endpoints', wanted)
  return { ...(answer.body as unknown as EndpointSecret), answer }
}

export const endpointsOf = async (browser: Browser): Promise<readonly Endpoint[]> =>
  ((await browser.call('GET', '/v1/webhooks/endpoints')).body as { items: Endpoint[] }).items

export const holds = ({ headers, body }: Received, secret: string, nowMs: number): boolean =>
  verifyWebhook('standard', { headers, body }, [secret], { nowMs }).ok
