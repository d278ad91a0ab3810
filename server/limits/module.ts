import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Limiter } from '../platform/http/limits.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { LimitsAdministration } from './administration.ts'
import { limitsAdministration } from './administration.ts'
import type { LimitsOfApplications } from './api.ts'
import { openChallenges } from './challenges.ts'
import { config } from './config.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { sweep } from './jobs.ts'
import { LimitedRecently } from './limited-now.ts'
import { applicationLimits, limiterOn } from './limiter.ts'
import type { Parts } from './parts.ts'
import { routes } from './routes.ts'
import { Standing } from './standing.ts'
import { chooseStore } from './store-choice.ts'
import { subjectData } from './subject-data.ts'

type Uses = { access: Access; keyring: Keyring }

export type LimitsModule = LimitsOfApplications & {
  /** @param organisationId null for what is everybody's. */
  administration(organisationId: string | null): LimitsAdministration
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  readonly limiter: Limiter
  stop(): Promise<void>
}

export const limits = defineModule<LimitsModule, Uses, typeof config>({
  name: 'limits',
  uses: ['access', 'keyring'],
  config,
  permissions: {
    'limits:read': { summary: 'See how often what may be done, who was limited, and who is on the lists.' },
    'limits:write': { summary: 'Say how often callers of the organisation may do what, and keep its lists.' },
    'limits:installation': {
      summary: 'Do the same for everybody, and see the addresses of those whom nobody knows.',
      reach: 'installation',
    },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createLimits,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  limiter: (api) => api.limiter,
  stop: (api) => api.stop(),
})

export async function createLimits(context: Context<typeof config>, { access, keyring }: Uses): Promise<LimitsModule> {
  const limited = new LimitedRecently(context)
  const challenges = await openChallenges(context, keyring)
  const standing = new Standing({ context, access, challenges, limited, store: chooseStore(context) })
  const parts: Parts = { context, access, standing, limited }
  await standing.read()
  return {
    administration: (organisationId) => limitsAdministration(parts, organisationId),
    routes: routes(parts),
    jobs: [sweep(parts)],
    subjectData: subjectData(parts),
    limiter: limiterOn(standing),
    forApplication(application, policies) {
      standing.addApplication(application, policies)
      return applicationLimits(standing, application)
    },
    async stop() {
      standing.stop()
      await limited.stop()
    },
  }
}
