import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Mail } from '../mail/api.ts'
import { isRefusal } from '../platform/errors.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Sessions } from '../sessions/api.ts'
import { administration } from './administration.ts'
import type { Identity, Person } from './api.ts'
import { proofOfWork } from './challenge/demand.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { Guesses } from './guesses.ts'
import { importUsers } from './import/import-users.ts'
import { createSetupLink } from './links/setup.ts'
import { tellOfKey } from './notices/tell-of-key.ts'
import { tellSignedOut } from './notices/tell-signed-out.ts'
import type { Parts } from './parts.ts'
import { config } from './parts.ts'
import { readAttestationRoots } from './passkeys/attestation-roots.ts'
import { openBreached } from './passwords/breached.ts'
import { importedHashes } from './passwords/foreign/imported-hashes.ts'
import { Hasher } from './passwords/hasher.ts'
import { rangeServiceOf } from './passwords/range-service.ts'
import { People } from './people.ts'
import { readPolicy } from './policy/sign-in-policy.ts'
import { Queue } from './queue.ts'
import { delegatedRecoveries } from './recovery/deliver-delegated.ts'
import { Later } from './recovery/later.ts'
import { openRisk } from './risk/open-risk.ts'
import { routes } from './routes.ts'
import { openPerson } from './show-user.ts'
import { readActiveIds, readOrganisationIds, readPerson, readStates } from './store.ts'
import { subjectData } from './subject-data.ts'
import { sweep } from './sweep.ts'

type Uses = { keyring: Keyring; access: Access; sessions: Sessions; mail: Mail }

type IdentityModule = Identity & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  readonly freshSeconds: (principal: UserPrincipal) => Promise<number | null>
  /** Resolves once recoveries that were asked for in this process have begun. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** About three seconds of hashing on two processors; whoever comes then is better told so. */
const maxWaitingHashes = 128
const maxWaitingChanges = 64

export const identity = defineModule<IdentityModule, Uses, typeof config>({
  name: 'identity',
  uses: ['keyring', 'access', 'sessions', 'mail'],
  config,
  permissions: {
    'identity:users:read': { summary: 'See the people of the organisation.' },
    'identity:policy:read': { summary: 'See what is demanded of a sign-in.' },
    'identity:policy:write': { summary: 'Change what is demanded of a sign-in.' },
    'identity:theme:write': { summary: 'Change the name, colour and logo that the organisation’s pages have.' },
    'identity:users:write': { summary: 'Invite, disable and enable people, and change their roles.' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createIdentity,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  freshSeconds: (api) => api.freshSeconds,
  stop: (api) => api.stop(),
})

export async function createIdentity(context: Context<typeof config>, uses: Uses): Promise<IdentityModule> {
  const parts = await makeParts(context, uses)
  uses.access.lendDirectory({ states: readStates, active: readActiveIds })
  // The organisation that the set-up made: no other can be older.
  uses.access.lendOperating(async (queries) => (await readOrganisationIds(queries, 1))[0] ?? null)
  const stopTelling = uses.sessions.onEndAll((tx, ended) => tellSignedOut(parts, tx, ended))
  return {
    person: (userId) => parts.people.get(userId, () => readActive(parts, userId)),
    createSetupLink: () => createSetupLink(parts),
    importUsers: (what) => importUsers(parts, what),
    administration: administration(parts),
    tellOfKey: (tx, userId, what) => tellOfKey(parts, tx, userId, what),
    onDisowned(listener) {
      parts.disowned.add(listener)
      return () => parts.disowned.delete(listener)
    },
    organisations: (limit) => readOrganisationIds(context.database.queries, limit),
    routes: routes(parts),
    jobs: [sweep(parts), delegatedRecoveries(parts)],
    subjectData: subjectData(parts),
    freshSeconds: async ({ organisationId }) =>
      (await readPolicy(context.database.queries, organisationId)).policy.freshSeconds,
    settled: async () => await parts.later.settled(),
    async stop() {
      stopTelling()
      await parts.later.stop()
      await parts.risk.common.flush()
      parts.people.close()
    },
  }
}

async function makeParts(context: Context<typeof config>, { keyring, access, sessions, mail }: Uses): Promise<Parts> {
  const { bus, cache, clock, config, log, metrics, random } = context
  const queue = new Queue({ atOnce: config.hashesAtOnce, maxWaiting: maxWaitingHashes })
  const durations = metrics.duration('custodia_identity_hash_seconds', 'Time of one password hash, without waiting.')
  metrics.gauge('custodia_identity_hashes_waiting', 'Password hashes that wait for their turn.', () => queue.waiting)
  return {
    context,
    keyring,
    access,
    sessions,
    mail,
    hasher: new Hasher({
      pepper: await keyring.secret('password-pepper'),
      cost: { memoryKib: config.argon2MemoryKib, passes: config.argon2Passes, lanes: 1 },
      random,
      queue,
      imported: importedHashes(keyring),
      observe: (seconds) => durations.observe(seconds),
    }),
    breached: openBreached({ file: config.breachedFilter, range: rangeServiceOf(config), metrics, log }),
    guesses: new Guesses({ cache, clock, random, log }),
    risk: await openRisk(context, keyring),
    people: new People(bus, clock),
    attestationRoots: readAttestationRoots(config.attestationRootsFile ?? null),
    linkKey: await keyring.secret('link-token'),
    work: proofOfWork(await keyring.secret('proof-of-work'), context),
    attemptKey: await keyring.secret('attempt-token'),
    recoveryKey: await keyring.secret('recovery-code'),
    sentCodeKey: await keyring.secret('sent-code'),
    later: new Later({ random, log }),
    disowned: new Set(),
    changes: new Queue({ atOnce: 1, maxWaiting: maxWaitingChanges }),
  }
}

async function readActive(parts: Parts, userId: string): Promise<Person | null> {
  const row = await readPerson(parts.context.database.queries, userId)
  if (row?.state !== 'active') return null
  try {
    return await openPerson(parts, row)
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
