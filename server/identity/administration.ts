import type { Demand, EnrolledFactor, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Invite, Invited, User, UserChange, Users } from '@custodia/wire/http/identity.ts'
import type { RecoveriesUnderWay } from '@custodia/wire/http/recovery.ts'
import type { Session } from '@custodia/wire/http/sessions.ts'
import type { Theme, ThemeChange } from '@custodia/wire/http/theme.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Operator } from '../platform/http/operator.ts'
import { actorFor } from '../platform/http/operator.ts'
import { endAttemptsOf } from './attempts/store.ts'
import { changeUser } from './change-user.ts'
import { normaliseAddress } from './email-address.ts'
import { refuse } from './errors.ts'
import { takeFactor } from './factors/change-factor.ts'
import { listEnrolled } from './factors/list-factors.ts'
import { invite } from './links/invite.ts'
import type { UserQuery } from './list-users.ts'
import { listUsers } from './list-users.ts'
import type { Parts } from './parts.ts'
import { emailIndex, nowOf } from './parts.ts'
import { changePolicy } from './policy/change-policy.ts'
import { demandOn, readPolicy } from './policy/sign-in-policy.ts'
import type { OperatorRecovery } from './recovery/by-operator.ts'
import { recoverByOperator } from './recovery/by-operator.ts'
import { withdrawRecovery } from './recovery/end-delegated.ts'
import { listDelegated } from './recovery/list-delegated.ts'
import { openPerson, showUser } from './show-user.ts'
import type { PersonRow } from './store.ts'
import { readByEmail, readOrganisations } from './store.ts'
import { changeTheme } from './theme/change-theme.ts'
import { themeOf } from './theme/read-theme.ts'

export type Organisation = { readonly id: string; readonly name: string; readonly createdAt: string }

/** One person, and how they can prove who they are. Nothing in it is secret. */
export type UserDetails = {
  readonly user: User
  readonly factors: readonly EnrolledFactor[]
  /** What is demanded of them. */
  readonly demand: Demand
  /** How many are live, at most 200. */
  readonly sessions: number
}

/**
 * What the operator may do in one organisation. The use cases are those of the API, and so are the refusals; people are named by their
 * address. Every change is in the ledger as done by the system.
 *
 * @throws Refusal IDENTITY_USER_UNKNOWN for an address that nobody of this organisation has.
 */
export type OrganisationAdministration = {
  list(query: UserQuery): Promise<Users>
  show(email: string): Promise<UserDetails>
  invite(body: Invite): Promise<Invited>
  change(email: string, change: UserChange): Promise<User>
  /** Ends the person's sessions and sign-ins under way, too: they may be worth what is gone. */
  removeFactor(email: string, factorId: string, evenLast: boolean): Promise<EnrolledFactor>
  recover(email: string): Promise<OperatorRecovery>
  /** Those by two administrators that are under way. */
  recoveries(): Promise<RecoveriesUnderWay>
  /** @throws Refusal IDENTITY_RECOVERY_UNKNOWN where none is under way for this person. */
  stopRecovery(email: string): Promise<void>
  sessions(email: string): Promise<readonly Session[]>
  /** Ends one session of this person, or all of them. @returns how many were live; 0 where the one is not theirs. */
  endSessions(email: string, sessionId: string | null): Promise<number>
  policy(): Promise<SignInPolicy>
  changePolicy(change: (stands: SignInPolicy) => SignInPolicy): Promise<SignInPolicy>
  theme(): Promise<Theme>
  changeTheme(change: ThemeChange): Promise<Theme>
}

export type Administration = {
  /** The oldest first, at most `limit`. */
  organisations(limit: number): Promise<readonly Organisation[]>
  of(organisationId: string): OrganisationAdministration
}

/** For the commands of whoever has the installation's keys: no route leads here. */
export function administration(parts: Parts): Administration {
  return {
    async organisations(limit) {
      const rows = await readOrganisations(parts.context.database.queries, limit)
      return rows.map(({ id, name, created_at }) => ({ id, name, createdAt: created_at.toISOString() }))
    },
    of: (organisationId) => ofOrganisation(parts, { kind: 'operator', organisationId }),
  }
}

function ofOrganisation(parts: Parts, by: Operator): OrganisationAdministration {
  const { organisationId } = by
  const { database } = parts.context
  const find = async (email: string) => await memberBy(parts, organisationId, email)
  const rolesOf = async (row: PersonRow) => await parts.access.rolesOf(organisationId, row.id)
  const show = async (row: PersonRow) => await showUser(parts, row, await rolesOf(row))
  const sessionsOf = async ({ id }: PersonRow) => await parts.sessions.list({ organisationId, userId: id })
  return {
    list: async (query) => await listUsers(parts, organisationId, query),
    async show(email) {
      const row = await find(email)
      const [user, factors, { policy }, sessions] = await Promise.all([
        show(row),
        listEnrolled(parts, row),
        readPolicy(database.queries, organisationId),
        sessionsOf(row),
      ])
      return { user, factors, demand: demandOn(policy, user.roles), sessions: sessions.length }
    },
    async invite(body) {
      const { person, link, expiresAt } = await invite(parts, body, by)
      return { user: await show(person), link, expiresAt: expiresAt.toISOString() }
    },
    change: async (email, change) => await show(await changeUser(parts, (await find(email)).id, change, by)),
    async removeFactor(email, factorId, evenLast) {
      const row = await find(email)
      const factor = (await listEnrolled(parts, row)).find(({ id }) => id === factorId)
      if (factor === undefined) throw refuse('IDENTITY_FACTOR_UNKNOWN')
      await takeFactor(parts, row, factorId, {
        actor: actorFor(by),
        roles: await rolesOf(row),
        evenLast,
        async also(tx) {
          await endAttemptsOf(tx, row.id, nowOf(parts))
          await parts.sessions.endAll(tx, { organisationId, userId: row.id }, 'factor-removed', actorFor(by))
        },
      })
      return factor
    },
    recover: async (email) => await recoverByOperator(parts, (await find(email)).id, by),
    recoveries: async () => await listDelegated(parts, organisationId),
    stopRecovery: async (email) => await withdrawRecovery(parts, (await find(email)).id, by),
    sessions: async (email) => await sessionsOf(await find(email)),
    async endSessions(email, sessionId) {
      const row = await find(email)
      const whose = { organisationId, userId: row.id }
      if (sessionId === null)
        return await database.transaction((tx) => parts.sessions.endAll(tx, whose, 'ended', actorFor(by)))
      if (!(await sessionsOf(row)).some(({ id }) => id === sessionId)) return 0
      const ended = await database.transaction((tx) =>
        parts.sessions.end(tx, organisationId, sessionId, 'ended', actorFor(by)),
      )
      return ended ? 1 : 0
    },
    policy: async () => (await readPolicy(database.queries, organisationId)).policy,
    changePolicy: async (change) => await changePolicy(parts, change, by),
    theme: async () => await themeOf(parts, organisationId),
    changeTheme: async (change) => await changeTheme(parts, change, by),
  }
}

/** Somebody whose key was destroyed is about to be erased: nobody by this address any more. */
async function memberBy(parts: Parts, organisationId: string, email: string): Promise<PersonRow> {
  const address = normaliseAddress(email)
  const { queries } = parts.context.database
  const row = address === null ? null : await readByEmail(queries, await emailIndex(parts, address))
  if (row?.organisation_id !== organisationId) throw refuse('IDENTITY_USER_UNKNOWN')
  await openPerson(parts, row).catch((error) => {
    throw isRefusal(error, 'KEY_SHREDDED') ? refuse('IDENTITY_USER_UNKNOWN') : error
  })
  return row
}
