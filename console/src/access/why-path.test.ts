import assert from 'node:assert/strict'
import test from 'node:test'
import type { Standing } from '@custodia/wire/http/access.ts'
import type { Explained } from '@custodia/wire/http/relations.ts'
import type { Asked } from './why-path.ts'
import { waysOf } from './why-path.ts'

const asked: Asked = {
  subject: { type: 'user', id: 'usr_bo' },
  permission: 'inbox:read',
  resource: { type: 'inbox:mailbox', id: 'm1' },
}
const refusedOf = (more: Partial<Explained>): Explained => ({
  ...{ decision: false, reason: 'no-grant', policies: [], errors: [], policyVersion: 0, unmet: null, until: null },
  ...{ roles: [], groups: [], considered: null, relations: [], wouldGrant: { roles: [], relations: [] } },
  ...more,
})
const allowedBy = (policies: string[], relations: Explained['relations'] = []) =>
  refusedOf({ decision: true, reason: 'permitted', policies, relations })
const standing: Standing = {
  roles: [
    { name: 'reader', by: 'night', through: ['grp_a', 'grp_b'], expiresAt: null },
    { name: 'own', by: 'own', through: [], expiresAt: null },
  ],
  groups: [
    { id: 'grp_a', through: [], expiresAt: null },
    { id: 'grp_b', through: ['grp_a'], expiresAt: null },
  ],
}
const shown = (explained: Explained, of: Standing | null = standing, question = asked) =>
  waysOf(question, explained, of).map(({ outcome, places }) => [
    outcome,
    ...places.map(({ kind, id, on }) => [kind, id, on].filter(Boolean).join(' ')),
  ])
const [bo, mailbox] = ['user usr_bo', 'resource inbox:mailbox/m1']

const step = (place: string, rule: string, subject?: { type: string; id: string; relation?: string }) => {
  const [id = '', relation = ''] = place.split('#')
  const resource = { type: 'inbox:mailbox', id }
  return { resource, relation, rule, tuple: subject === undefined ? null : { resource, relation, subject } }
}
const held = (name: string, path: ReturnType<typeof step>[], more = {}) => ({
  ...{ name, holds: true, until: null, unmet: null, path },
  ...more,
})

test('nothing that leads there is said to be missing, and not left out', () => {
  assert.deepEqual(shown(refusedOf({})), [['nothing', bo, 'missing', mailbox]])
  assert.deepEqual(shown(refusedOf({ reason: 'inactive' })), [['nothing', bo, 'missing', mailbox]])
  assert.deepEqual(shown(refusedOf({}), standing, { ...asked, resource: null }), [
    ['nothing', bo, 'missing', 'organisation'],
  ])
})

test('what forbids stands between, whatever else there is', () => {
  const relations = [held('reader', [step('m1#reader', 'direct', { type: 'user', id: 'usr_bo' })])]
  assert.deepEqual(shown(refusedOf({ reason: 'forbidden', policies: ['policy/night'], relations })), [
    ['forbids', bo, 'forbid policy/night', mailbox],
  ])
})

test('a role is come to by its groups and by the role that includes it; without the right to see them, by itself', () => {
  assert.deepEqual(shown(allowedBy(['role/reader'])), [
    ['permits', bo, 'group grp_a', 'group grp_b', 'role night', 'role reader', mailbox],
  ])
  assert.deepEqual(shown(allowedBy(['role/reader']), null), [['permits', bo, 'role reader', mailbox]])
  assert.deepEqual(shown(allowedBy(['role/own'])), [['permits', bo, 'role own', mailbox]])
})

test('a relation is followed from the subject to the resource: groups, subject sets, parents and rules', () => {
  const path = [
    step('m1#reader', 'computed'),
    step('m1#owner', 'parent', { type: 'inbox:mailbox', id: 'top' }),
    step('top#owner', 'direct', { type: 'group', id: 'grp_b' }),
  ]
  const owner = 'relation owner inbox:mailbox'
  const way = [
    ...['permits', bo, 'group grp_a', 'group grp_b', `${owner}/top`, 'parent inbox:mailbox/top', `${owner}/m1`],
    ...['relation reader inbox:mailbox/m1', mailbox],
  ]
  assert.deepEqual(shown(allowedBy(['relation/inbox:mailbox/reader'], [held('reader', path)])), [way])
  const everyone = [step('m1#reader', 'direct', { type: 'user', id: '*' })]
  assert.deepEqual(shown(allowedBy(['relation/inbox:mailbox/reader'], [held('reader', everyone)])), [
    ['permits', bo, 'everyone', 'relation reader inbox:mailbox/m1', mailbox],
  ])
})

test('a way that a condition closes is told from one that an exclusion takes away', () => {
  const path = [step('m1#reader', 'direct', { type: 'user', id: 'usr_bo' })]
  const unmet = { names: ['assurance'], assurance: 3 }
  assert.deepEqual(
    shown(refusedOf({ reason: 'condition', unmet, relations: [held('reader', path, { holds: false, unmet })] })),
    [['unmet', bo, 'relation reader inbox:mailbox/m1', mailbox]],
  )
  assert.deepEqual(shown(refusedOf({ relations: [held('reader', path, { holds: false })] })), [
    ['excluded', bo, 'relation reader inbox:mailbox/m1', mailbox],
  ])
})

test('a policy of one’s own is a way, one that is unknown too, and not more are drawn than tell something', () => {
  const many = ['policy/a', 'relation/inbox:mailbox/gone', 'role/x', 'policy/b', 'policy/c']
  assert.deepEqual(shown(allowedBy(many)), [
    ['permits', bo, 'permit policy/a', mailbox],
    ['permits', bo, 'permit relation/inbox:mailbox/gone', mailbox],
    ['permits', bo, 'role x', mailbox],
    ['permits', bo, 'permit policy/b', mailbox],
  ])
})
