import { createSecretKey } from 'node:crypto'
import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { ApiKeys, IssuedKey } from './api.ts'
import { Background } from './background.ts'
import { byBearer } from './bearer.ts'
import { config } from './config.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { issueForAccountAsOperator } from './for-service-account.ts'
import { holds } from './holds.ts'
import type { Issued } from './issue.ts'
import { issueForApplication } from './issue-for-application.ts'
import { LiveKeys } from './live-keys.ts'
import type { Parts } from './parts.ts'
import { revoke, revokeIn } from './revoke.ts'
import { rotate } from './rotate.ts'
import { routes } from './routes.ts'
import { list } from './show.ts'
import type { Proofs } from './signature.ts'
import { bySignature } from './signature.ts'
import { subjectData } from './subject-data.ts'
import { sweep } from './sweep.ts'

type Uses = { keyring: Keyring; access: Access; identity: Identity }

export type ApiKeysModule = ApiKeys & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  /** Resolves once what goes on behind answers is done: uses written down, leaked keys revoked. */
  settled(): Promise<void>
  stop(): Promise<void>
}

const system = { kind: 'system' } as const
const mostListed = 200

export const apikeys = defineModule<ApiKeysModule, Uses, typeof config>({
  name: 'apikeys',
  uses: ['keyring', 'access', 'identity'],
  config,
  permissions: {
    'apikeys:keys:read': { summary: 'See the API keys of the people of the organisation.' },
    'apikeys:keys:write': { summary: 'Revoke the API keys of the people of the organisation.' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createApiKeys,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  authenticators: (api) => [api],
  stop: (api) => api.stop(),
})

export async function createApiKeys(context: Context<typeof config>, uses: Uses): Promise<ApiKeysModule> {
  const { keyring, access, identity } = uses
  const { database, bus, clock } = context
  const live = new LiveKeys({ database, bus, clock, keyring })
  const background = new Background(context.log)
  const pepper = createSecretKey(await keyring.secret('apikey-pepper'))
  const own = new MemoryCache({ clock, maxEntries: 10_000 })
  const parts: Parts = { context, keyring, access, identity, pepper, live, background, own }
  const proofs: Proofs = new WeakMap()
  const ownAuthority = new URL(context.publicUrl).host
  const caller = (authority: string, head: RequestHead) =>
    byBearer(parts, head) ?? bySignature(parts, proofs, head, authority)
  // Whoever was in somebody's account may have made themselves a key to come back by.
  const stopHearing = identity.onDisowned(async (tx, { organisationId, userId }) => {
    const owner = { kind: 'user', id: userId } as const
    await revokeIn(parts, tx, { organisationId, owner }, owner, { why: 'not-me' })
  })
  return {
    name: 'api key',
    authenticate: (head) => caller(ownAuthority, head),
    authenticateAt: caller,
    holds: (keyId) => holds(parts, keyId),
    onChange: (listener) => live.onChange(listener),
    proof: (head) => proofs.get(head) ?? null,
    issue: async (asked) => shown(await issueForApplication(parts, asked)),
    list: async (organisationId, owner) =>
      await list(parts, { organisationId, ...(owner === undefined ? {} : { owner }) }, mostListed),
    issueForAccount: async (organisationId, accountId, wanted) =>
      shown(await issueForAccountAsOperator(parts, organisationId, accountId, wanted)),
    async rotate(organisationId, id, asked, accountId) {
      const owner = accountId === undefined ? null : ({ kind: 'service', id: accountId } as const)
      const whose = owner === null ? ({ kind: 'application' } as const) : { owner }
      return shown(await rotate(parts, { organisationId, ...whose, id }, asked, system))
    },
    revoke: async (organisationId, { owner, keyId: id, reason }) =>
      await revoke(parts, { organisationId, ...(owner && { owner }), ...(id !== undefined && { id }) }, system, reason),
    routes: routes(parts),
    jobs: [sweep(parts)],
    subjectData: subjectData(parts),
    settled: async () => await background.settled(),
    async stop() {
      stopHearing()
      await background.settled()
      live.close()
      await own.close()
    },
  }
}

const shown = ({ row, token, signingSecret }: Issued): IssuedKey => ({ keyId: row.id, key: token, signingSecret })
