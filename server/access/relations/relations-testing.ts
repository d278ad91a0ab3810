import type { TestDatabase } from '../../platform/database/testing.ts'
import { openTestDatabase } from '../../platform/database/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import { newId } from '../../platform/random.ts'
import { testContext } from '../../platform/testing.ts'
import type { Circumstances, Giver, Question, RelationChange } from './api.ts'
import { createRelations } from './relations.ts'
import { nothing, subjectOf, tuple, typesOf } from './testing.ts'

const declared = {
  mailbox: {
    manage: 'owner',
    relations: {
      owner: { is: { any: [{ direct: ['user', 'group'] }, { relation: 'owner', from: 'parent' }] } },
      reader: {
        is: { any: [{ direct: ['user', 'user:*', 'group', 'role', 'service', 'team#member'] }, { relation: 'owner' }] },
        permissions: ['inbox:read'],
      },
      guest: { is: { direct: ['user'] }, reshare: true },
      banned: { is: { direct: ['user'] } },
      writer: {
        is: { base: { direct: ['user'] }, except: { relation: 'banned' } },
        permissions: ['inbox:read', 'inbox:write'],
      },
      parent: { is: { direct: ['mailbox'] } },
    },
  },
  team: { relations: { member: { is: { direct: ['user', 'team#member'] } } } },
  note: { relations: { reader: { is: { direct: ['user'] }, permissions: ['inbox:read'] } } },
}
/** A mailbox application's types, with something of each kind. */
export const types = typesOf('inbox', declared)

export const openRelationsDatabase = (): Promise<TestDatabase> =>
  openTestDatabase([{ module: 'access', folder: new URL('../migrations/', import.meta.url) }])

export const refusedWith = (code: string) => (error: unknown) => isRefusal(error, code)

/** Real relations on a real database, in an organisation of their own. */
export function startRelations(opened: TestDatabase) {
  const context = testContext({ config: {}, database: opened.database })
  const relations = createRelations({ ...context, types, cursorKeys: () => new Uint8Array(32) })
  const organisationId = newId('org')
  const circumstances: Circumstances = { nowMs: context.clock.nowMs(), network: '192.0.2.7', assurance: 1 }
  const write = (
    change: Omit<RelationChange, 'organisationId' | 'by' | 'actor'> & { by?: Giver | null; in?: string },
  ) =>
    opened.database.transaction((tx) =>
      relations.write(tx, {
        by: null,
        ...change,
        organisationId: change.in ?? organisationId,
        actor: { kind: 'system' },
      }),
    )
  const question = (whom: string, place: string, more: Partial<Question> = {}): Question => {
    const { resource, relation } = tuple(`${place}@user:nobody`)
    return { organisationId, subject: subjectOf(whom), standing: nothing, resource, relation, circumstances, ...more }
  }
  const holds = async (...args: Parameters<typeof question>) => (await relations.holds(question(...args))).holds
  return { context, relations, organisationId, circumstances, write, question, holds }
}
