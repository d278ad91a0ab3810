import assert from 'node:assert/strict'
import test from 'node:test'
import type { Rule } from './rules.ts'
import { compileRules, readsOtherwise, ruleFor } from './rules.ts'

const permissions = new Set(['inbox:read', 'inbox:write'])
const compile = (value: unknown) => compileRules(value, 'rules', permissions)
const rules = compile([
  { path: '/assets/**', methods: ['GET'], public: true },
  { path: '/messages/*/labels', methods: ['POST'], permission: 'inbox:write' },
  { path: '/**', methods: ['GET'], permission: 'inbox:read' },
])
const needs = (method: string, path: string) => ruleFor(rules, method, path)?.permission

test('the first rule that fits decides', () => {
  assert.equal(needs('GET', '/assets/a/b.css'), null)
  assert.equal(needs('POST', '/messages/42/labels'), 'inbox:write')
  assert.equal(needs('GET', '/messages/42/labels'), 'inbox:read')
  assert.equal(needs('HEAD', '/'), 'inbox:read')
})

test('where no rule fits, the answer is no', () => {
  assert.equal(needs('DELETE', '/messages/42'), undefined)
  assert.equal(needs('POST', '/messages/42/labels/extra'), undefined)
  assert.equal(needs('POST', '/messages//labels'), undefined)
  assert.equal(needs('POST', '/assets/a'), undefined)
})

test('a star stands for one segment, and never for an empty one', () => {
  const [rule] = compile([{ path: '/a/*', permission: 'inbox:read' }])
  assert.ok(rule && ruleFor([rule], 'GET', '/a/b'))
  assert.equal(rule && ruleFor([rule], 'GET', '/a/'), null)
  assert.equal(rule && ruleFor([rule], 'GET', '/a/b/c'), null)
  assert.equal(rule && ruleFor([rule], 'GET', '/A/b'), null)
})

test('what a lax reader serves under a rule that asks for signatures is not open without one', () => {
  const some = compile([
    { path: '/pay', permission: 'inbox:write', signed: 'required' },
    { path: '/**', permission: 'inbox:write' },
  ])
  const rule = (path: string) => ruleFor(some, 'POST', path) as Rule
  assert.equal(rule('/pay').signed, true)
  assert.equal(rule('/other').signed, false)
  for (const path of ['/PAY', '/pay/', '/Pay/']) assert.ok(readsOtherwise(some, 'POST', path, rule(path)), path)
  assert.ok(!readsOtherwise(some, 'POST', '/pay', rule('/pay')))
})

for (const [what, value] of [
  ['no list', {}],
  ['an empty list', []],
  ['a rule without a path', [{ permission: 'inbox:read' }]],
  ['a rule with a query', [{ path: '/a?b', permission: 'inbox:read' }]],
  ['** in the middle', [{ path: '/**/a', permission: 'inbox:read' }]],
  ['a rule that fits no method', [{ path: '/', methods: [], permission: 'inbox:read' }]],
  ['an unknown method', [{ path: '/', methods: ['TRACE'], permission: 'inbox:read' }]],
  ['neither permission nor public', [{ path: '/' }]],
  ['both permission and public', [{ path: '/', public: true, permission: 'inbox:read' }]],
  ['a permission of another application', [{ path: '/', permission: 'identity:users:write' }]],
  ['freshness of nobody', [{ path: '/', public: true, freshSeconds: 60 }]],
  ['a freshness that cannot be kept', [{ path: '/', permission: 'inbox:read', freshSeconds: 5 }]],
  ['an assurance that is none', [{ path: '/', permission: 'inbox:read', assurance: 'high' }]],
  ['a signature that nobody made', [{ path: '/', public: true, signed: 'required' }]],
  [
    'a signature of somebody who is there',
    [{ path: '/', permission: 'inbox:read', signed: 'required', freshSeconds: 60 }],
  ],
  [
    'a signature with a second factor',
    [{ path: '/', permission: 'inbox:read', signed: 'required', assurance: 'two-factors' }],
  ],
  ['a signature that may be left out', [{ path: '/', permission: 'inbox:read', signed: 'optional' }]],
  ['a signature by another word', [{ path: '/', permission: 'inbox:read', signed: true }]],
  ['an unknown key', [{ path: '/', permission: 'inbox:read', role: 'x' }]],
] as const) {
  test(`${what} is refused with the place of the mistake`, () => assert.throws(() => compile(value), /^Error: rules/))
}
