import assert from 'node:assert/strict'
import { test } from 'node:test'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { entityTypeOf, schemaOf } from './schema.ts'
import { source } from './testing.ts'

const withTypes =
  (...types: string[]) =>
  () =>
    schemaOf({ ...source, resourceTypes: types.map((type) => ({ type, relations: [] })) })

test('names of types become Cedar’s, and what would take Custodia’s or another’s name is refused', () => {
  assert.equal(entityTypeOf('inbox:mailbox'), 'Inbox::Mailbox')
  assert.equal(entityTypeOf('my-app:mail-box'), 'MyApp::MailBox')
  assert.notEqual(entityTypeOf('a:b-1'), entityTypeOf('a:b1'))
  for (const type of [
    'mailbox',
    'custodia:role',
    'inbox:action',
    'Inbox:mailbox',
    'inbox:',
    ':mailbox',
    'inbox:mail box',
    'a:b:c',
    '__proto__',
  ])
    assert.throws(() => entityTypeOf(type), type)
  assert.throws(withTypes('inbox:mailbox', 'inbox:mailbox'), /twice/)
  assert.throws(withTypes('inbox:a-1', 'inbox:a_1'), /twice/)
})

test('an attribute takes no name of a relation, nor one that every type has', () => {
  for (const name of ['reader', 'organisation', 'dataClass'])
    assert.throws(
      () =>
        schemaOf({
          ...source,
          resourceTypes: [{ type: 'inbox:mailbox', relations: ['reader'], attributes: { [name]: 'String' } }],
        }),
      /taken/,
    )
})

test('Cedar takes the schema, with and without types and contexts, and with types that are named as Cedar’s own', () => {
  const named = ['string', 'long', 'bool', 'record', 'set', 'entity', 'extension', 'in', 'true', 'is'].map(
    (noun) => `inbox:${noun}`,
  )
  for (const schema of [schemaOf(source), schemaOf({ permissions: [], resourceTypes: [] }), withTypes(...named)()]) {
    const answer = cedar.checkParseSchema(schema as never)
    assert.equal(answer.type, 'success', JSON.stringify(answer))
  }
})

test('an action is about the types of its application, and of those that name it', () => {
  const { Custodia } = schemaOf({
    ...source,
    resourceTypes: [{ type: 'notes:page', relations: [], permissions: ['ledger:read'] }, ...source.resourceTypes],
  })
  const about = (permission: string) => Custodia?.actions[permission]?.appliesTo.resourceTypes
  assert.deepEqual(about('inbox:mail:read'), ['Custodia::Resource', 'Inbox::Mailbox'])
  assert.deepEqual(about('ledger:read'), ['Custodia::Resource', 'Notes::Page'])
  assert.deepEqual(about('access:policies:read'), ['Custodia::Resource'])
})
