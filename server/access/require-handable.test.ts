import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestDatabase } from '../platform/database/testing.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { LivePolicies } from './policies/api.ts'
import { openRelationsDatabase, refusedWith, startRelations } from './relations/relations-testing.ts'
import { nothing, tuple } from './relations/testing.ts'
import { requireHandable } from './require-handable.ts'

let opened: TestDatabase
before(async () => {
  opened = await openRelationsDatabase()
})
after(() => opened.close())

/** Real relations; roles and policies as the test says them. */
function start({ own = [], policies = {} }: { own?: readonly string[]; policies?: Record<string, unknown> } = {}) {
  const house = startRelations(opened)
  const { organisationId, relations, context } = house
  const by: UserPrincipal = {
    kind: 'user',
    id: 'usr_giver',
    organisationId,
    roles: [],
    sessionId: 'ses_a',
    factors: ['pwd'],
    authenticatedAtMs: 0,
  }
  const live = { policies: { staticPolicies: policies } } as unknown as LivePolicies
  const listener = requireHandable({
    relations,
    grants: { standingOf: () => nothing, roleTable: () => assert.fail('not asked') },
    policies: { live: () => live },
    permissionsOf: async () => ['inbox:read', 'inbox:write'],
    held: async () => new Set(own),
    nowMs: () => context.clock.nowMs(),
  })
  const give = (gift: { roles?: readonly string[]; groups?: readonly string[] }) =>
    opened.database.transaction((tx) => listener(tx, { by, roles: [], groups: [], ...gift }))
  return { ...house, give }
}

const notYours = refusedWith('ACCESS_RELATION_NOT_YOURS_TO_GIVE')

test('who puts somebody into a group gives what is shared with it, and must have it: everywhere, or there', async () => {
  const shared = [tuple('inbox:mailbox/m1#reader@group:grp_a'), tuple('inbox:mailbox/m1#reader@role:clerk')]
  const poor = start()
  await poor.write({ add: shared })
  await assert.rejects(poor.give({ groups: ['grp_a'] }), notYours)
  await assert.rejects(poor.give({ roles: ['clerk'] }), notYours)
  await poor.give({ groups: ['grp_other'], roles: ['other'] })
  // Who only reads can't pass on what has managers; its owner can.
  await poor.write({ add: [tuple('inbox:mailbox/m1#reader@user:usr_giver')] })
  await assert.rejects(poor.give({ groups: ['grp_a'] }), notYours)
  await poor.write({ add: [tuple('inbox:mailbox/m1#owner@user:usr_giver')] })
  await poor.give({ groups: ['grp_a'], roles: ['clerk'] })

  const rich = start({ own: ['inbox:read'] })
  await rich.write({ add: shared })
  await rich.give({ groups: ['grp_a'], roles: ['clerk'] })
  await rich.write({ add: [tuple('inbox:mailbox/m1#owner@group:grp_a')] })
  await assert.rejects(rich.give({ groups: ['grp_a'] }), notYours, 'an owner may write, too')
})

test('what is theirs for a time only they can’t hand on, nor what is another organisation’s', async () => {
  const one = start()
  const expiresMs = one.context.clock.nowMs() + 60_000
  await one.write({
    add: [tuple('inbox:mailbox/m1#reader@group:grp_a'), tuple('inbox:mailbox/m1#owner@user:usr_giver', { expiresMs })],
  })
  await assert.rejects(one.give({ groups: ['grp_a'] }), refusedWith('ACCESS_RELATION_OUTLIVES_YOURS'))
  const other = start()
  await other.give({ groups: ['grp_a'] })
})

test('a policy that names a group or a role, anywhere in it, gives all that it is about', async () => {
  const group = { type: 'Custodia::Group', id: 'grp_a' }
  const action = { op: '==', entity: { type: 'Custodia::Action', id: 'inbox:write' } }
  const all = { op: 'All' }
  const within = { kind: 'unless', body: { in: { left: { Var: 'principal' }, right: { Value: { __entity: group } } } } }
  const permit = { effect: 'permit', principal: { op: 'in', entity: group }, action, resource: all, conditions: [] }
  const exempt = { effect: 'forbid', principal: all, action: all, resource: all, conditions: [within] }
  const refused = refusedWith('ACCESS_NOT_YOURS_TO_GIVE')
  for (const policy of [permit, exempt]) {
    const policies = { 'policy/one': policy }
    await assert.rejects(start({ policies, own: ['inbox:read'] }).give({ groups: ['grp_a'] }), refused)
    await start({ policies, own: ['inbox:read', 'inbox:write'] }).give({ groups: ['grp_a'] })
    await start({ policies }).give({ groups: ['grp_b'], roles: ['grp_a'] })
  }
})
