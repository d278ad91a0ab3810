import type { Principal } from '../../platform/http/principal.ts'
import type { Context } from '../../platform/module.ts'
import { newId } from '../../platform/random.ts'
import { sessions } from '../../sessions/module.ts'
import type { Answer, TestHouse, TestProcess, TestServer } from '../../sessions/testing.ts'
import { openTestHouse, serve } from '../../sessions/testing.ts'
import type { Access } from '../api.ts'
import { access } from '../module.ts'
import { tuple } from '../relations/testing.ts'

const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { summary: name }]))

/** What two applications declare: mailboxes that are owned and read, and notes. */
export const declared: Pick<Context, 'permissions' | 'resources'> = {
  permissions: {
    ...access.permissions,
    ...sessions.permissions,
    ...named(['inbox:read', 'inbox:write', 'inbox:admin', 'notes:read', 'keyring:seal', 'keyring:open', 'ledger:read']),
    ...named(['ledger:read:all', 'identity:users:read']),
  },
  resources: {
    inbox: {
      mailbox: {
        manage: 'owner',
        relations: {
          owner: { is: { direct: ['user'] }, permissions: ['inbox:read', 'inbox:write'] },
          reader: {
            is: { any: [{ direct: ['user', 'user:*', 'group', 'service'] }, { relation: 'owner' }] },
            permissions: ['inbox:read'],
          },
        },
      },
    },
    notes: { note: { relations: { reader: { is: { direct: ['user'] }, permissions: ['notes:read'] } } } },
  },
}

export type AskingHouse = {
  readonly house: TestHouse
  readonly one: TestProcess
  readonly organisationId: string
  /** Calls as an application, or by the name of one of `callers`. */
  call(who: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Whoever authenticates with this name from now on. */
  readonly callers: Map<string, Principal>
  share(text: string, more?: Parameters<typeof tuple>[1], organisationId?: string): Promise<void>
  give(access: Access, subjectId: string, roles: readonly string[]): Promise<void>
  close(): Promise<void>
}

export const applicationOf = (id: string, organisationId: string): Principal => ({
  ...{ kind: 'application', id, organisationId, roles: ['application'], keyId: newId('key') },
})

/** One organisation with the applications `inbox` and `notes`, behind a server. */
export async function openAskingHouse(): Promise<AskingHouse> {
  const house = await openTestHouse([], { reader: { summary: 'Reads.', permissions: ['inbox:read'] } })
  const one = await house.process(declared)
  const organisationId = newId('org')
  const callers = new Map(['inbox', 'notes'].map((id) => [id, applicationOf(id, organisationId)]))
  const server: TestServer = await serve(one, one.access.routes, [
    { name: 'test', authenticate: ({ headers }) => callers.get(String(headers['x-caller'])) ?? null },
  ])
  return {
    ...{ house, one, organisationId, callers },
    call: (who, path, body, headers = {}) =>
      server.browser().call(body === undefined ? 'GET' : 'POST', path, body, { 'x-caller': who, ...headers }),
    async share(text, more, where = organisationId) {
      await one.context.database.transaction((tx) =>
        one.access.relations.write(tx, {
          ...{ organisationId: where, by: null, actor: { kind: 'system' }, add: [tuple(text, more)] },
        }),
      )
    },
    async give(access, subjectId, roles) {
      await one.context.database.transaction((tx) =>
        access.setRoles(tx, { organisationId, subjectId, roles, by: null, actor: { kind: 'system' } }),
      )
    },
    async close() {
      await server.close()
      await house.close()
    },
  }
}
