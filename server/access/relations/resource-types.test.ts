import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { checkResourceTypes } from './check-resource-types.ts'
import { findRelation, relationsGiving } from './model.ts'
import { parseResourceTypes } from './resource-types.ts'
import { typesOf } from './testing.ts'

const direct = (...kinds: string[]) => ({ is: { direct: kinds } })
const type = (relations: unknown, more: object = {}) => ({ doc: { relations, ...more } })
const nested = (depth: number): unknown => (depth === 0 ? { direct: ['user'] } : { any: [nested(depth - 1)] })

const refused: readonly [string, unknown, RegExp][] = [
  ['a list', [], /resources is not a mapping/],
  ['a type that is none', { doc: 1 }, /resources\.doc is not a mapping/],
  ['a name with a capital', { Doc: { relations: {} } }, /resources\.Doc is not a name/],
  ['a name with a colon', { 'a:b': { relations: {} } }, /is not a name/],
  ['a kind of subject as a type', { group: { relations: {} } }, /resources\.group is a kind of subject/],
  ['an unknown field of a type', type({}, { owner: 'a' }), /resources\.doc\.owner is not known/],
  ['no relations', { doc: {} }, /resources\.doc\.relations is not a mapping/],
  ['an unknown field of a relation', type({ a: { ...direct('user'), gives: [] } }), /relations\.a\.gives is not known/],
  ['a rewrite that is text', type({ a: { is: 'user' } }), /relations\.a\.is is not a mapping/],
  ['a rewrite of no form', type({ a: { is: { union: [] } } }), /relations\.a\.is has none of the forms/],
  ['two forms at once', type({ a: { is: { direct: ['user'], any: [] } } }), /has none of the forms/],
  ['code in place of a form', type({ a: { is: { constructor: ['user'] } } }), /has none of the forms/],
  ['all of nothing, which would be everybody', type({ a: { is: { all: [] } } }), /\.all is empty/],
  ['direct of nobody', type({ a: direct() }), /\.direct is empty/],
  ['direct twice', type({ a: { is: { any: [direct('user').is, direct('group').is] } } }), /direct more than once/],
  ['21 kinds', type({ a: direct(...Array.from({ length: 21 }, (_one, n) => `t${n}`)) }), /more than 20/],
  ['nesting without end', type({ a: { is: nested(10) } }), /nested too deep/],
  [
    '51 relations',
    type(Object.fromEntries(Array.from({ length: 51 }, (_one, n) => [`r${n}`, direct('user')]))),
    /more than 50/,
  ],
  ['everyone of groups', type({ a: direct('group:*') }), /there is no everyone of group/],
  ['every resource', type({ a: direct('doc:*') }), /there is no everyone of doc/],
  ['a relation of users', type({ a: direct('user#friend') }), /a user has no relations/],
  ['a permission that is none', type({ a: { ...direct('user'), permissions: ['a b'] } }), /has no permission/],
  ['an unknown type', type({ a: direct('letter') }), /x:doc#a: there is no type x:letter/],
  ['an unknown relation of a subject set', type({ a: direct('doc#b') }), /x:doc has no relation b/],
  ['an unknown computed relation', type({ a: { is: { relation: 'b' } } }), /x:doc#a: there is no relation b/],
  ['an unknown parent', type({ a: { is: { relation: 'a', from: 'parent' } } }), /there is no relation parent/],
  [
    'a person as parent',
    type({ parent: direct('user'), a: { is: { relation: 'a', from: 'parent' } } }),
    /names more than resources/,
  ],
  [
    'a subject set as parent',
    type({ parent: direct('doc#a'), a: { is: { relation: 'a', from: 'parent' } } }),
    /names more than resources/,
  ],
  [
    'a computed parent',
    type({ up: direct('doc'), parent: { is: { relation: 'up' } }, a: { is: { relation: 'a', from: 'parent' } } }),
    /names more than resources/,
  ],
  [
    'a parent without the relation',
    { ...type({ parent: direct('box'), a: { is: { relation: 'a', from: 'parent' } } }), box: { relations: {} } },
    /has a relation a/,
  ],
  ['a manager that is none', type({ a: direct('user') }, { manage: 'owner' }), /no relation owner to manage by/],
  [
    'an exclusion of itself',
    type({ a: { is: { base: { direct: ['user'] }, except: { relation: 'a' } } } }),
    /depends on itself/,
  ],
  [
    'an exclusion of itself by a subject set',
    type({ b: direct('doc#a'), a: { is: { base: { direct: ['user'] }, except: { relation: 'b' } } } }),
    /x:doc#a: an exclusion depends on itself, by x:doc#b/,
  ],
]
for (const [what, value, message] of refused)
  test(`a declaration with ${what} is refused and named`, () => {
    assert.throws(() => typesOf('x', value), message)
  })

test('permissions that do not exist and types that are declared twice are refused', () => {
  const declared = parseResourceTypes('x', type({ a: { ...direct('user'), permissions: ['x:read'] } }))
  assert.throws(() => checkResourceTypes(declared, () => false), /x:doc#a: there is no permission x:read/)
  assert.throws(() => checkResourceTypes([...declared, ...declared], () => true), /x:doc is declared twice/)
})

test('types of one application may name those of another', () => {
  const teams = parseResourceTypes('people', { team: { relations: { member: direct('user') } } })
  const docs = parseResourceTypes('x', type({ a: direct('people:team#member', 'team') }))
  assert.throws(() => checkResourceTypes([...teams, ...docs], () => true), /there is no type x:team/)
  const right = parseResourceTypes('x', type({ a: direct('people:team#member') }))
  assert.ok(
    findRelation(
      checkResourceTypes([...teams, ...right], () => true),
      'x:doc',
      'a',
    ),
  )
})

test('the declaration in the guide is one, and means what it says', () => {
  const guide = readFileSync(new URL('../../../docs/guide/sharing.md', import.meta.url), 'utf8')
  const types = typesOf('inbox', parse(/^```yaml\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''))
  assert.deepEqual([...types.keys()], ['inbox:folder', 'inbox:team'])
  assert.deepEqual(findRelation(types, 'inbox:folder', 'owner')?.gives, ['inbox:read'])
})

test('what follows from a relation is worked out: what it reads, brings, gives and takes', () => {
  const types = typesOf('x', {
    folder: { relations: { reader: { ...direct('user'), permissions: ['x:list'] } } },
    doc: {
      manage: 'owner',
      relations: {
        owner: direct('user'),
        parent: direct('folder'),
        banned: direct('user'),
        reader: {
          is: { any: [{ direct: ['user'] }, { relation: 'reader', from: 'parent' }, { relation: 'owner' }] },
          permissions: ['x:read'],
        },
        commenter: { is: { base: { relation: 'reader' }, except: { relation: 'banned' } }, permissions: ['x:comment'] },
      },
    },
  })
  const of = (relation: string, at = 'x:doc') => {
    const found = findRelation(types, at, relation)
    return found && { reads: found.reads, brings: found.brings, gives: found.gives, takes: found.takes }
  }
  assert.deepEqual(of('commenter')?.reads, ['banned', 'owner', 'parent', 'reader'])
  assert.deepEqual(of('reader')?.brings, ['reader', 'commenter'])
  assert.deepEqual(of('reader', 'x:folder')?.gives, ['x:comment', 'x:list', 'x:read'])
  assert.deepEqual([of('reader')?.takes, of('banned')?.takes], [false, true])
  assert.deepEqual(of('owner')?.gives, ['x:comment', 'x:read'], 'who manages can give everything')
  assert.deepEqual(relationsGiving(types, 'x:doc', 'x:read'), ['reader'])
})
