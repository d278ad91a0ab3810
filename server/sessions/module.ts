import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Refusal } from '../platform/errors.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Sessions } from './api.ts'
import { authenticator, whyNobody } from './authenticate.ts'
import { boundRoutes } from './bound/routes.ts'
import { clearCookie } from './cookie.ts'
import { end, endAll } from './end.ts'
import { EndedSessions } from './ended-sessions.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { handOver, redeem } from './hand-over.ts'
import { list } from './list.ts'
import { LiveSessions } from './live-sessions.ts'
import type { Parts } from './parts.ts'
import { config, nowOf } from './parts.ts'
import { rotateAll } from './renew.ts'
import { rotate } from './rotate.ts'
import { routes } from './routes.ts'
import { start } from './start.ts'
import { readExpiry } from './store.ts'
import { subjectData } from './subject-data.ts'
import { sweep } from './sweep.ts'

type Uses = { keyring: Keyring; access: Access }

type SessionsModule = Sessions & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  whyNobody(head: RequestHead): Refusal | null
  renewal(head: RequestHead): string | null
  readonly subjectData: SubjectData
  stop(): Promise<void>
}

const maxRemembered = 20_000

export const sessions = defineModule<SessionsModule, Uses, typeof config>({
  name: 'sessions',
  uses: ['keyring', 'access'],
  config,
  permissions: {
    'sessions:read': { summary: 'See where people of the organisation are signed in.' },
    'sessions:write': { summary: 'End sessions of people of the organisation.' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createSessions,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  authenticators: ({ authenticate, whyNobody, renewal }) => [{ name: 'session', authenticate, whyNobody, renewal }],
  stop: (api) => api.stop(),
})

export async function createSessions(
  context: Context<typeof config>,
  { keyring, access }: Uses,
): Promise<SessionsModule> {
  const live = new LiveSessions(maxRemembered)
  const ended = new EndedSessions(context.bus, live)
  const parts: Parts = {
    context,
    keyring,
    access,
    tokenKey: await keyring.secret('session-token'),
    lookKey: await keyring.secret('session-look'),
    bindingKey: await keyring.secret('session-binding'),
    refused: new WeakMap(),
    renewed: new WeakMap(),
    live,
    ended,
    endAllListeners: new Set(),
  }
  access.lendSessions({ usable: async (tx, id) => (await readExpiry(tx, id, nowOf(parts))) !== null })
  const stopForgetting = access.onChange((userId) => live.forgetPerson(userId))
  const stopRotating = access.onShift(async (tx, { organisationId, subjectIds, raised }) => {
    for (const userId of subjectIds)
      if (userId.startsWith('usr_')) await rotateAll(parts, tx, { organisationId, userId }, { raised })
  })
  context.metrics.gauge(
    'custodia_sessions_remembered',
    'Cookies whose session this process remembers.',
    () => live.size,
  )

  return {
    start: (tx, session) => start(parts, tx, session),
    rotate: (tx, principal, rotation) => rotate(parts, tx, principal, rotation),
    rotateAll: (tx, user, change) => rotateAll(parts, tx, user, change),
    authenticate: authenticator(parts),
    whyNobody: whyNobody(parts),
    renewal: (head) => parts.renewed.get(head) ?? null,
    expiry: (sessionId) => readExpiry(context.database.queries, sessionId, nowOf(parts)),
    clearCookie,
    end: (tx, organisationId, sessionId, why, actor) => end(parts, tx, { organisationId, sessionId, why, actor }),
    endAll: (tx, user, why, actor) => endAll(parts, tx, user, why, actor),
    list: (user) => list(parts, user, null),
    onEndAll(listener) {
      parts.endAllListeners.add(listener)
      return () => parts.endAllListeners.delete(listener)
    },
    onEnd: (listener) => ended.listen(listener),
    handOver: (principal, host, state) => handOver(parts, principal, host, state),
    redeem: (code, host, state) => redeem(parts, code, host, state),
    routes: [...routes(parts), ...boundRoutes(parts)],
    jobs: [sweep(parts)],
    subjectData: subjectData(parts),
    async stop() {
      stopForgetting()
      stopRotating()
      ended.close()
    },
  }
}
