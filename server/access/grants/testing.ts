import assert from 'node:assert/strict'
import type { Keyring } from '../../keyring/api.ts'
import { keyring as keyringModule } from '../../keyring/module.ts'
import { testMachine } from '../../keyring/testing.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { openTestDatabase } from '../../platform/database/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Principal, UserPrincipal } from '../../platform/http/principal.ts'
import type { PermissionTable } from '../../platform/module.ts'
import { newId } from '../../platform/random.ts'
import type { TestContext } from '../../platform/testing.ts'
import { testContext } from '../../platform/testing.ts'
import { usualDecisions } from '../decisions/config.ts'
import type { AccessModule } from '../module.ts'
import { createAccess, access as module } from '../module.ts'
import type { config } from '../roles.ts'
import type { Directory, Parts } from './parts.ts'

/** What may be granted here, beside what the module itself declares. */
const plain = ['mail:read', 'mail:write', 'mail:send', 'pay:see', 'pay:approve']

const roles = {
  reader: { summary: 'Reads.', permissions: ['mail:read'] },
  writer: { summary: 'Reads and writes.', permissions: ['mail:read', 'mail:write'] },
  treasurer: { summary: 'Pays.', permissions: ['pay:see', 'pay:approve'] },
  helper: { summary: 'Looks after roles and groups.', permissions: ['access:*', 'mail:read'] },
}

/** One process on the house's database. */
export type GrantsProcess = {
  readonly access: AccessModule
  readonly parts: Parts
  readonly context: TestContext<typeof config>
}

export type GrantsHouse = GrantsProcess & {
  readonly opened: TestDatabase
  readonly keyring: Keyring
  /** Somebody new who has these roles by themselves and for good. */
  person(organisationId: string, roles?: readonly string[]): Promise<UserPrincipal>
  another(): Promise<GrantsProcess>
  close(): Promise<void>
}

/**
 * A database with the module's tables and a keyring, and a process on it.
 *
 * @param reaching permissions beside the others that reach the whole installation; the role `spanning` has them.
 */
export async function openGrantsHouse(
  privilegedRoles: readonly string[] = ['treasurer'],
  reaching: readonly string[] = [],
): Promise<GrantsHouse> {
  const opened = await openTestDatabase([
    { module: 'keyring', folder: keyringModule.migrations as URL },
    { module: 'access', folder: module.migrations as URL },
  ])
  const machine = await testMachine()
  const keyring = await machine.start(opened.database)
  const permissions: PermissionTable = {
    ...module.permissions,
    ...Object.fromEntries(plain.map((name) => [name, { summary: name }])),
    ...Object.fromEntries(reaching.map((name) => [name, { summary: name, reach: 'installation' }] as const)),
  }
  const spanning = reaching.length === 0 ? {} : { spanning: { summary: 'Reaches far.', permissions: [...reaching] } }
  const context = testContext<typeof config>({
    config: { roles: { ...roles, ...spanning }, privilegedRoles, ...usualDecisions },
    database: opened.database,
    permissions,
  })
  const access = createAccess(context, { keyring })
  return {
    ...{ opened, keyring, context, access, parts: access.grants.parts },
    async person(organisationId, held = []) {
      const id = newId('usr')
      await setRoles(access, context, { organisationId, subjectId: id, roles: held })
      return principalOf(organisationId, id, held)
    },
    async another() {
      const other = context.another(await opened.reopen())
      const started = createAccess(other, { keyring })
      return { access: started, context: other, parts: started.grants.parts }
    },
    async close() {
      await machine.close()
      await opened.close()
    },
  }
}

/** As the installation itself does it: bounded by nobody's rights. */
export const setRoles = (
  access: AccessModule,
  { database }: Pick<GrantsProcess['context'], 'database'>,
  change: { organisationId: string; subjectId: string; roles: readonly string[] },
) => database.transaction((tx: Queries) => access.setRoles(tx, { ...change, by: null, actor: { kind: 'system' } }))

export const principalOf = (organisationId: string, id: string, held: readonly string[] = []): UserPrincipal => ({
  ...{ kind: 'user', id, organisationId, roles: held, sessionId: newId('ses'), factors: ['pwd'] },
  authenticatedAtMs: 0,
})

/** A key that somebody made for themselves. */
export const keyOf = ({ id, organisationId, roles: held }: UserPrincipal, scopes: readonly string[]): Principal => ({
  ...{ kind: 'key', owner: { kind: 'user', id }, id, organisationId, roles: held, scopes, keyId: newId('key') },
})

/** A directory of people that says what it was told; of whom it was told nothing, nothing. */
export function directoryOf(states: ReadonlyMap<string, 'invited' | 'active' | 'disabled'>): Directory {
  return {
    states: async (_tx, _organisationId, ids) => new Map([...states].filter(([id]) => ids.includes(id))),
    active: async (_queries, _organisationId, after, limit) =>
      [...states]
        .flatMap(([id, state]) => (state === 'active' && id > after ? [id] : []))
        .sort()
        .slice(0, limit),
  }
}

/** Asserts that what is asked for is refused so. */
export const refused = async (asked: Promise<unknown>, code: string, why?: string): Promise<void> =>
  await assert.rejects(asked, (error) => isRefusal(error, code) || assert.fail(`${why ?? ''} ${error}`))

export const reason = 'because'
