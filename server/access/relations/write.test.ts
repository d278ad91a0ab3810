import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import type { RelationChange } from './api.ts'
import { openRelationsDatabase, refusedWith, startRelations } from './relations-testing.ts'
import { nothing, subjectOf, tuple } from './testing.ts'

let opened: TestDatabase
before(async () => {
  opened = await openRelationsDatabase()
})
after(() => opened.close())

const start = () => startRelations(opened)

const bad: readonly [string, string, Omit<RelationChange, 'organisationId' | 'by' | 'actor'>][] = [
  ['nothing', 'ACCESS_RELATION_MALFORMED', {}],
  [
    'the same tuple twice',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a'), tuple('inbox:note/1#reader@user:a')] },
  ],
  [
    'adding and removing one',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a')], remove: [tuple('inbox:note/1#reader@user:a')] },
  ],
  [
    '101 tuples',
    'ACCESS_RELATION_MALFORMED',
    { add: Array.from({ length: 101 }, (_one, n) => tuple(`inbox:note/${n}#reader@user:a`)) },
  ],
  ['an unknown type', 'ACCESS_RELATION_UNKNOWN', { add: [tuple('inbox:letter/1#reader@user:a')] }],
  ['a type of no application', 'ACCESS_RELATION_UNKNOWN', { add: [tuple('constructor/1#reader@user:a')] }],
  ['an unknown relation', 'ACCESS_RELATION_UNKNOWN', { add: [tuple('inbox:note/1#toString@user:a')] }],
  [
    'a kind that it does not take',
    'ACCESS_RELATION_SUBJECT_REFUSED',
    { add: [tuple('inbox:note/1#reader@group:grp_1')] },
  ],
  [
    'everyone where that is not declared',
    'ACCESS_RELATION_SUBJECT_REFUSED',
    { add: [tuple('inbox:note/1#reader@user:*')] },
  ],
  ['every resource as parent', 'ACCESS_RELATION_MALFORMED', { add: [tuple('inbox:mailbox/1#parent@inbox:mailbox/*')] }],
  ['a relation of every resource', 'ACCESS_RELATION_MALFORMED', { add: [tuple('inbox:mailbox/*#reader@user:a')] }],
  [
    'another relation of a subject set',
    'ACCESS_RELATION_SUBJECT_REFUSED',
    { add: [tuple('inbox:mailbox/1#reader@inbox:mailbox/2#owner')] },
  ],
  ['an identifier with a space', 'ACCESS_RELATION_MALFORMED', { add: [tuple('inbox:note/a b#reader@user:a')] }],
  [
    'an identifier with a line break',
    'ACCESS_RELATION_MALFORMED',
    {
      add: [
        tuple('inbox:note/1#reader@user:a'),
        { ...tuple('inbox:note/2#reader@user:a'), subject: { type: 'user', id: 'a\nb' } },
      ],
    },
  ],
  [
    'an identifier that could be read as two',
    'ACCESS_RELATION_MALFORMED',
    { add: [{ ...tuple('inbox:note/1#reader@user:a'), resource: { type: 'inbox:note', id: '1#reader' } }] },
  ],
  [
    'an identifier that is too long',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple(`inbox:note/${'a'.repeat(201)}#reader@user:a`)] },
  ],
  [
    'no identifier',
    'ACCESS_RELATION_MALFORMED',
    { add: [{ ...tuple('inbox:note/1#reader@user:a'), subject: { type: 'user', id: '' } }] },
  ],
  [
    'an expiry that is over',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { expiresMs: 1 })] },
  ],
  [
    'an expiry that is no number',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { expiresMs: Number.NaN })] },
  ],
  [
    'an expiry before its beginning',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { expiresMs: 4e12, condition: { notBeforeMs: 5e12 } })] },
  ],
  [
    'all addresses as a network',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { condition: { networks: ['0.0.0.0/0'] } })] },
  ],
  [
    'no network',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { condition: { networks: [] } })] },
  ],
  [
    '21 networks',
    'ACCESS_RELATION_MALFORMED',
    {
      add: [
        tuple('inbox:note/1#reader@user:a', { condition: { networks: Array.from({ length: 21 }, () => '10.0.0.1') } }),
      ],
    },
  ],
  [
    'a fourth level',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { condition: { assurance: 4 as 3 } })] },
  ],
  [
    'an unknown condition',
    'ACCESS_RELATION_MALFORMED',
    { add: [tuple('inbox:note/1#reader@user:a', { condition: { weekday: 1 } as object })] },
  ],
]
for (const [what, code, change] of bad)
  test(`a change with ${what} is refused`, async () => {
    const { context, write } = start()
    await assert.rejects(write(change), refusedWith(code))
    assert.equal(context.events.length, 0)
  })

test('a relation to one resource names 100 resources or subject sets and no more; people it names without end', async () => {
  const { write, holds } = start()
  const parents = (from: number, to: number) =>
    Array.from({ length: to - from }, (_one, n) => tuple(`inbox:mailbox/m#parent@inbox:mailbox/p${from + n}`))
  await write({ add: parents(0, 100) })
  await assert.rejects(write({ add: parents(100, 101) }), refusedWith('ACCESS_RELATIONS_TOO_WIDE'))
  await write({ remove: parents(0, 1), add: parents(100, 101) })
  await write({ add: [tuple('inbox:mailbox/p100#owner@user:bo')] })
  assert.equal(await holds('user:bo', 'inbox:mailbox/m#owner'), true)
  const people = (call: number) =>
    Array.from({ length: 100 }, (_one, n) => tuple(`inbox:mailbox/m#reader@user:u${call}-${n}`))
  for (const call of [1, 2]) await write({ add: people(call) })
  assert.equal(await holds('user:u2-99', 'inbox:mailbox/m#reader'), true)
})

test('a chain of 25 parents is followed; a longer one is refused with a code, and a circle ends', async () => {
  const { relations, write, question, holds, organisationId, circumstances } = start()
  const chain = Array.from({ length: 26 }, (_one, n) => tuple(`inbox:mailbox/c${n}#parent@inbox:mailbox/c${n + 1}`))
  await write({ add: [...chain, tuple('inbox:mailbox/c26#owner@user:bo'), tuple('inbox:mailbox/near#reader@user:bo')] })
  assert.equal(await holds('user:bo', 'inbox:mailbox/c1#owner'), true)
  await assert.rejects(
    async () => await relations.holds(question('user:bo', 'inbox:mailbox/c0#owner')),
    refusedWith('ACCESS_RELATIONS_TOO_DEEP'),
  )
  const search = {
    organisationId,
    subject: subjectOf('user:bo'),
    standing: nothing,
    type: 'inbox:mailbox',
    circumstances,
  }
  const { items } = await relations.listResources({ ...search, wanted: { relation: 'reader' }, limit: 100 })
  assert.ok(
    items.includes('near') && items.includes('c1') && !items.includes('c0'),
    `a chain that is too long hides itself alone: ${items.join()}`,
  )
  await write({
    add: [tuple('inbox:mailbox/c26#parent@inbox:mailbox/c20'), tuple('inbox:mailbox/self#parent@inbox:mailbox/self')],
  })
  assert.equal(await holds('user:al', 'inbox:mailbox/c20#owner'), false)
  assert.equal(await holds('user:al', 'inbox:mailbox/self#owner'), false)
})
