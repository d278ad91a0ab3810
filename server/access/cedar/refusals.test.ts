import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import {
  compilePolicies,
  entitiesFromJson,
  entityFromJson,
  PolicyRefused,
  recordFromJson,
  ValueRefused,
  valueFromJson,
} from './api.ts'
import { limits } from './limits.ts'
import { exactJson, permitWhen, value, variable } from './testing.ts'

const always = permitWhen(value(true)) as Record<string, unknown>
const user = { type: 'User', id: 'a' }
const slotted = { ...always, principal: { op: '==', slot: '?principal' } }
const linked = (values: unknown, more = {}) => ({
  templates: { t: slotted },
  templateLinks: [{ templateId: 't', newId: 'l', values, ...more }],
})
const nested = (levels: number, wrap: (inner: unknown) => unknown, inner: unknown) => {
  let made = inner
  for (let level = 0; level < levels; level++) made = wrap(made)
  return made
}

/** Refused here and by cedar-wasm: what one takes and the other doesn't would be a way around validation. */
const refusedByBoth: Readonly<Record<string, unknown>> = {
  'no expression': permitWhen({}),
  'no object': permitWhen('true'),
  null: permitWhen(null),
  'two operators': permitWhen({ Value: true, Var: 'principal' }),
  'an operator that does not exist': permitWhen({ xor: { left: value(true), right: value(true) } }),
  'an operator named as an inherited member': permitWhen({ constructor: { arg: value(true) } }),
  'an operator named __proto__': permitWhen(JSON.parse('{"__proto__":{"arg":{"Value":true}}}')),
  'a function that does not exist': permitWhen({ eval: [value('1')] }),
  'an operand too many': permitWhen({ '!': { arg: value(true), right: value(true) } }),
  'an operand too few': permitWhen({ '&&': { left: value(true) } }),
  'an operand too few, inside of a chain': permitWhen({
    '&&': { left: { '&&': { left: value(true) } }, right: value(true) },
  }),
  'a variable that does not exist': permitWhen(variable('__proto__')),
  'a slot in a condition': permitWhen({ Slot: '?principal' }),
  'a null literal': permitWhen(value(null)),
  'a fraction': permitWhen(value(1.5)),
  'a number of more than 64 bits': permitWhen(value(2n ** 63n)),
  __expr: permitWhen(value({ __expr: 'true' })),
  'a literal entity of a reserved type': permitWhen(value({ __entity: { type: '__cedar::A', id: '' } })),
  'a type that is no name': permitWhen({ is: { left: variable('principal'), entity_type: 'A b' } }),
  'a type with a reserved word': permitWhen({ is: { left: variable('principal'), entity_type: 'A::if' } }),
  'has nothing': permitWhen({ has: { left: variable('context'), attr: [] } }),
  'has a number': permitWhen({ has: { left: variable('context'), attr: [1] } }),
  'a pattern that is a text': permitWhen({ like: { left: value(''), pattern: 'a*' } }),
  'a part of a pattern that does not exist': permitWhen({ like: { left: value(''), pattern: ['Star'] } }),
  'a set that is no list': permitWhen({ Set: {} }),
  'neither permit nor forbid': { ...always, effect: 'Permit' },
  'a member that does not exist': { ...always, conditons: [] },
  'no conditions': { ...always, conditions: undefined },
  'a condition of no kind': { ...always, conditions: [{ kind: 'if', body: value(true) }] },
  'a condition with more': { ...always, conditions: [{ kind: 'when', body: value(true), else: value(true) }] },
  'a scope without an operator': { ...always, principal: {} },
  'a scope with another operator': { ...always, principal: { op: '!=', entity: user } },
  'a scope without an entity': { ...always, principal: { op: 'in' } },
  'a scope with half an entity': { ...always, resource: { op: '==', entity: { type: 'User' } } },
  'an action that is none': { ...always, action: { op: '==', entity: user } },
  'an action among actions that is none': { ...always, action: { op: 'in', entities: [user] } },
  'an action for a slot': { ...always, action: { op: '==', slot: '?action' } },
  'is for an action': { ...always, action: { op: 'is', entity_type: 'Action' } },
  'a slot in a static policy': slotted,
  'annotations that are none': { ...always, annotations: { reason: 1 } },
}

const setsRefusedByBoth: Readonly<Record<string, unknown>> = {
  'a template without a slot': { templates: { t: always } },
  'a template with the wrong slot': { templates: { t: { ...always, principal: { op: 'in', slot: '?resource' } } } },
  'a template with its slots swapped': {
    templates: {
      t: { ...always, principal: { op: 'in', slot: '?resource' }, resource: { op: 'in', slot: '?principal' } },
    },
  },
  'a template and a policy of one id': { staticPolicies: { t: always }, templates: { t: slotted } },
  'a link and a policy of one id': { staticPolicies: { l: always }, ...linked({ '?principal': user }) },
  'a link and a template of one id': linked({ '?principal': user }, { newId: 't' }),
  'a link to nothing': linked({ '?principal': user }, { templateId: 'toString' }),
  'a link with a value too few': linked({}),
  'a link with a value too many': linked({ '?principal': user, '?resource': user }),
  'a link to no entity': linked({ '?principal': { type: 'a b', id: '' } }),
}

/** Cedar takes these. Here they are mistakes, or more than a process should carry. */
const refusedHere: Readonly<Record<string, unknown>> = {
  'a long that was rounded': permitWhen({ '==': { left: value(2 ** 53), right: value(1) } }),
  'an argument too many': permitWhen({ ip: [value('::1'), value('::1')] }),
  'an argument too many in a literal': permitWhen(value({ __extn: { fn: 'ip', args: ['::1', '::1'] } })),
  'a function that does not decide': permitWhen({ unknown: [value('x')] }),
  'half an entity, as a record': permitWhen(value({ __entity: 'User' })),
  'an entity and more': permitWhen(value({ __entity: user, more: 1 })),
  'an entity and a slot': { ...always, principal: { op: '==', entity: user, slot: '?principal' } },
  'a scope of anybody, and somebody': { ...always, principal: { op: 'All', entity: user } },
  'half a character': permitWhen({ '==': { left: value('\ud800'), right: value('\ufffd') } }),
  'half a character in a pattern': permitWhen({ like: { left: value(''), pattern: [{ Literal: '\udc00' }] } }),
  'a text too long': permitWhen({ '==': { left: value('a'.repeat(limits.textLength + 1)), right: value('') } }),
  'expressions too deep': permitWhen(nested(limits.expressionDepth, (arg) => ({ '!': { arg } }), value(true))),
  'literals too deep': permitWhen(value(nested(limits.expressionDepth, (inner) => [inner], 1))),
  'too many expressions': permitWhen({ Set: Array.from({ length: limits.expressionsOfPolicy }, () => value(1)) }),
  'too many elements of a literal': permitWhen(value(Array.from({ length: limits.expressionsOfPolicy }, () => 1))),
  'too many actions': {
    ...always,
    action: {
      op: 'in',
      entities: Array.from({ length: limits.expressionsOfPolicy }, () => ({ type: 'Action', id: 'a' })),
    },
  },
}

describe('what Cedar refuses is refused, with the id of the policy', () => {
  for (const [name, policy] of Object.entries(refusedByBoth)) {
    it(name, () => {
      const set = { staticPolicies: { ok: always, faulty: policy } }
      assert.equal(cedar.checkParsePolicySet(exactJson(set)).type, 'failure')
      assert.throws(() => compilePolicies(set), refusedAs('faulty'))
    })
  }
  for (const [name, set] of Object.entries(setsRefusedByBoth)) {
    it(name, () => {
      assert.equal(cedar.checkParsePolicySet(exactJson(set)).type, 'failure')
      assert.throws(() => compilePolicies(set), refusedAs(/^[tl]$/))
    })
  }
})

describe('what Cedar takes and this compiler does not is refused by name, and never passed over', () => {
  for (const [name, policy] of Object.entries(refusedHere)) {
    it(name, () =>
      assert.throws(() => compilePolicies({ staticPolicies: { ok: always, faulty: policy } }), refusedAs('faulty')),
    )
  }

  it('a set as text, as a list, or with more in it', () => {
    for (const set of [
      'permit(principal,action,resource);',
      [always],
      null,
      { staticPolicies: 'permit(…);' },
      { static: {} },
    ]) {
      assert.throws(
        () => compilePolicies(set),
        (error) => error instanceof PolicyRefused && error.policyId === null,
      )
    }
  })

  it('more policies than the limit', () => {
    const many = Object.fromEntries(Array.from({ length: limits.policies + 1 }, (_, at) => [`p${at}`, always]))
    assert.throws(() => compilePolicies({ staticPolicies: many }), /more than 20000/)
  })

  it('more expressions in all than the limit', () => {
    const large = permitWhen({ Set: Array.from({ length: limits.expressionsOfPolicy - 2 }, () => value(1)) })
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}`, large]))
    assert.throws(() => compilePolicies({ staticPolicies: many }), /more than 1000000 expressions/)
  })
})

describe('what is long is not deep', () => {
  for (const name of ['&&', '||']) {
    it(`a chain of 3,000 ${name} on either side, which JSON nests 3,000 levels deep`, () => {
      const last = value(name === '&&')
      for (const wrap of [
        (left: unknown) => ({ [name]: { left, right: last } }),
        (right: unknown) => ({ [name]: { left: last, right } }),
      ]) {
        const compiled = compilePolicies({
          staticPolicies: { long: permitWhen(nested(3_000, wrap, variable('context'))) },
        })
        const { errors } = compiled.decide(request, entitiesFromJson([]))
        assert.deepEqual(errors, [{ policyId: 'long', kind: 'type-error' }])
      }
    })
  }
})

describe('values that are none', () => {
  const values: Readonly<Record<string, unknown>> = {
    null: null,
    undefined: undefined,
    'a function': () => true,
    'a fraction': 0.5,
    'not a number': Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    'a number that was rounded': 2 ** 53,
    'a number of more than 64 bits': -(2n ** 63n) - 1n,
    'half a character': 'a\ud800',
    'half a character in a name': { '\udfff': 1 },
    'a list with a null': [1, null],
    'half an entity': { __entity: { type: 'User' } },
    'an entity with more': { __entity: { type: 'User', id: 'a', more: 1 } },
    'an entity of no type': { __entity: { type: 'a b', id: '' } },
    'an entity named by a number': { __entity: { type: 'User', id: 1 } },
    'an address that is none': { __extn: { fn: 'ip', arg: '1.2.3' } },
    'a function that does not exist': { __extn: { fn: 'constructor', arg: '' } },
    'an argument too many': { __extn: { fn: 'ip', args: ['::1', '::1'] } },
    'arguments that are a text': { __extn: { fn: 'ip', args: 'x' } },
    'members that were inherited': { __entity: Object.create({ type: 'User', id: 'a' }) },
    __expr: { __expr: '1' },
    'a text too long': 'a'.repeat(limits.textLength + 1),
    'levels too many': nested(limits.valueDepth + 1, (inner) => [inner], 1),
    'values too many': Array.from({ length: limits.values }, () => 1),
  }
  for (const [name, json] of Object.entries(values)) {
    it(name, () => {
      assert.throws(() => valueFromJson(json), ValueRefused)
      assert.throws(() => recordFromJson({ inner: json === undefined ? null : json }), ValueRefused)
    })
  }

  it('names of entities, and lists of them', () => {
    for (const uid of [null, 'User::"a"', {}, { type: 'User' }, { type: '', id: '' }, { type: 'A::', id: '' }]) {
      assert.throws(() => entityFromJson(uid), ValueRefused)
    }
    const [a, b] = [
      { type: 'User', id: 'a' },
      { type: 'User', id: 'b' },
    ]
    assert.throws(
      () =>
        entitiesFromJson([
          { uid: a, attrs: {}, parents: [] },
          { uid: a, attrs: {}, parents: [] },
        ]),
      ValueRefused,
    )
    const circle = [
      { uid: a, attrs: {}, parents: [b] },
      { uid: b, attrs: {}, parents: [a] },
    ]
    assert.throws(() => entitiesFromJson(circle), ValueRefused)
  })
})

const request = {
  principal: entityFromJson(user),
  action: entityFromJson({ type: 'Action', id: 'view' }),
  resource: entityFromJson({ type: 'Photo', id: 'p' }),
  context: recordFromJson({}),
}

function refusedAs(policyId: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof PolicyRefused, String(error))
    assert.match(error.policyId ?? '', typeof policyId === 'string' ? new RegExp(`^${policyId}$`) : policyId)
    return true
  }
}
