import type { Access } from '../access/api.ts'
import type { Ledger } from '../audit/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { WebhooksAdministration } from './administration.ts'
import { webhooksAdministration } from './administration.ts'
import type { Webhooks } from './api.ts'
import { config } from './config.ts'
import { Courier } from './deliveries/courier.ts'
import { deliveryRoutes } from './deliveries/routes.ts'
import { endpointRoutes } from './endpoints/routes.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { delivery, sweep } from './jobs.ts'
import type { Parts } from './parts.ts'
import { sourceRoutes } from './sources/routes.ts'
import { subjectData } from './subject-data.ts'

type Uses = { keyring: Keyring; audit: Ledger; access: Access }

export type WebhooksModule = Webhooks & {
  administration(organisationId: string): WebhooksAdministration
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  /** Resolves once nothing is under way in this process. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export const webhooks = defineModule<WebhooksModule, Uses, typeof config>({
  name: 'webhooks',
  uses: ['keyring', 'audit', 'access'],
  config,
  permissions: {
    'webhooks:endpoints:read': {
      summary: 'See where the organisation’s events are sent, and what became of each message.',
    },
    'webhooks:endpoints:write': {
      summary: 'Say where the organisation’s events are sent, and have messages sent once more.',
    },
    'webhooks:sources:read': { summary: 'See whose webhooks come in, and to which applications they go.' },
    'webhooks:sources:write': { summary: 'Say whose webhooks come in, and to which applications they go.' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createWebhooks,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  stop: (api) => api.stop(),
})

export function createWebhooks(context: Context<typeof config>, { keyring, audit, access }: Uses): WebhooksModule {
  const outcomes = context.metrics.counter(
    'custodia_webhooks_attempts_total',
    'Tries to deliver webhooks by outcome.',
    ['outcome'],
  )
  const parts: Parts = { context, keyring, audit, access, outcomes, forwarder: null }
  const courier = new Courier(parts)
  return {
    lendForwarder(forwarder) {
      parts.forwarder = forwarder
    },
    administration: (organisationId) => webhooksAdministration(parts, organisationId),
    routes: [...endpointRoutes(parts), ...deliveryRoutes(parts), ...sourceRoutes(parts)],
    jobs: [delivery(parts, courier), sweep(parts)],
    subjectData: subjectData(parts),
    idle: () => courier.idle(),
    stop: () => courier.stop(),
  }
}
