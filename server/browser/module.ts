import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Browser } from './api.ts'
import { config } from './config.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { LivePolicies } from './live-policies.ts'
import type { Parts } from './parts.ts'
import { routes } from './routes.ts'
import { sweep } from './sweep.ts'
import { Tally } from './tally.ts'

export type BrowserModule = Browser & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  /** Writes what was counted in this process. */
  write(): Promise<void>
  stop(): Promise<void>
}

const writeMs = 2_000

export const browser = defineModule<BrowserModule, Record<never, never>, typeof config>({
  name: 'browser',
  uses: [],
  config,
  permissions: {
    'browser:reports:read': {
      summary: 'See what browsers refused on the pages of applications, and what is proposed.',
      reach: 'installation',
    },
    'browser:policies:write': {
      summary: 'Make the learnt content security policy of an application live.',
      reach: 'installation',
    },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createBrowser,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  stop: (api) => api.stop(),
})

export async function createBrowser(context: Context<typeof config>): Promise<BrowserModule> {
  const { database, bus, clock, log } = context
  const failed = (error: unknown) => log.warn({ error }, 'the policies of applications could not be read')
  const live = new LivePolicies(database, bus, failed)
  const tally = new Tally(() => clock.nowMs())
  const parts: Parts = { context, tally, live, applications: new Map() }
  await live.read()
  const write = () => tally.write(database, context.config.maxGroups)
  const writing = setInterval(() => {
    void write().catch((error) => log.warn({ error }, 'reports of browsers could not be written'))
    // What the bus may have kept from us is asked for, and what could not be read.
    if (live.stale || !bus.healthy()) void live.read().catch(failed)
  }, writeMs)
  return {
    lendApplications(applications) {
      parts.applications = new Map(applications.map((one) => [one.name, one]))
    },
    live: (application) => live.get(application),
    waitFor: (application, address) => tally.waitFor(application, address),
    receive: (reports) => tally.receive(reports),
    served: (application, inlines) => tally.served(application, inlines),
    routes: routes(parts),
    jobs: [sweep(parts)],
    write,
    async stop() {
      clearInterval(writing)
      live.stop()
      await write().catch(() => {})
    },
  }
}
