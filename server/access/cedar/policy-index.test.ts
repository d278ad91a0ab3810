import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EntityStore, EntityUid, Request } from './api.ts'
import { compilePolicies, entityUid, recordFromJson } from './api.ts'
import { limits } from './limits.ts'
import { permitWhen, value, variable } from './testing.ts'

const uid = (type: string, id: string) => ({ type, id })
const base = permitWhen(value(true)) as Record<string, unknown>
const many = (count: number, make: (at: number) => object) => ({
  staticPolicies: Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { ...base, ...make(at) }])),
})
const request = (more: Partial<Request> = {}): Request => ({
  principal: entityUid('User', 'ann'),
  action: entityUid('Action', 'read'),
  resource: entityUid('Photo', 'p'),
  context: recordFromJson({}),
  ...more,
})

/** A store that counts what it is asked. */
function store(above: readonly EntityUid[] = [], withList = false) {
  const asked = { attributes: 0, tags: 0, isIn: 0, ancestors: 0 }
  const counted = <T>(kind: keyof typeof asked, answer: T): T => {
    asked[kind]++
    return answer
  }
  const entities: EntityStore = {
    attributes: () => counted('attributes', new Map([['level', 3]])),
    tags: () => counted('tags', new Map()),
    isIn: (_uid, ancestor) =>
      counted(
        'isIn',
        above.some(({ key }) => key === ancestor.key),
      ),
    // Each twice, as a careless store might.
    ...(withList ? { ancestors: () => counted('ancestors', [...above, ...above]) } : {}),
  }
  return { asked, entities }
}

describe('a decision looks only at policies that can apply', () => {
  it('by the principal or resource that a scope names', () => {
    const byPrincipal = compilePolicies(
      many(1_000, (at) => ({ principal: { op: '==', entity: uid('User', `${at}`) } })),
    )
    const byResource = compilePolicies(many(1_000, (at) => ({ resource: { op: '==', entity: uid('Photo', `${at}`) } })))
    const { entities, asked } = store()
    assert.deepEqual(byPrincipal.candidates(request({ principal: entityUid('User', '7') }), entities), ['p7'])
    assert.deepEqual(byPrincipal.candidates(request({ principal: entityUid('Robot', '7') }), entities), [])
    assert.deepEqual(byResource.candidates(request({ resource: entityUid('Photo', '999') }), entities), ['p999'])
    assert.deepEqual(asked, { attributes: 0, tags: 0, isIn: 0, ancestors: 0 })
  })

  it('by the type of either, and by the action', () => {
    const compiled = compilePolicies(
      many(1_000, (at) => ({
        principal: { op: 'is', entity_type: at % 2 === 0 ? 'User' : 'Robot' },
        resource: { op: 'is', entity_type: `T${at % 10}` },
        action: { op: '==', entity: uid('Action', `a${at % 100}`) },
      })),
    )
    const { entities } = store()
    const asked = request({ action: entityUid('Action', 'a14'), resource: entityUid('T4', '') })
    assert.equal(compiled.candidates(asked, entities).length, 10)
    assert.equal(compiled.candidates({ ...asked, resource: entityUid('T5', '') }, entities).length, 0)
    assert.equal(compiled.candidates({ ...asked, principal: entityUid('Robot', '') }, entities).length, 0)
  })

  for (const withList of [true, false]) {
    it(`by the groups of the principal, ${withList ? 'which the store lists' : 'each asked about once'}`, () => {
      const compiled = compilePolicies(
        many(1_000, (at) => ({ principal: { op: 'in', entity: uid('Group', `${at % 500}`) } })),
      )
      const { entities, asked } = store(
        [entityUid('Group', '7'), entityUid('Group', '8'), entityUid('Group', 'x')],
        withList,
      )
      assert.deepEqual(compiled.decide(request(), entities).determining, ['p507', 'p508', 'p7', 'p8'])
      assert.deepEqual(asked, { attributes: 0, tags: 0, isIn: withList ? 0 : 500, ancestors: withList ? 1 : 0 })
    })

    it(`and whoever is named as a group is in itself (${withList ? 'with' : 'without'} a list)`, () => {
      const compiled = compilePolicies(many(20, (at) => ({ principal: { op: 'in', entity: uid('User', `${at}`) } })))
      const { entities } = store([], withList)
      assert.deepEqual(compiled.decide(request({ principal: entityUid('User', '3') }), entities).determining, ['p3'])
    })
  }

  it('a policy that can never hold is never looked at, and one that always fails always is', () => {
    const compiled = compilePolicies({
      staticPolicies: { never: permitWhen(value(false)), fails: permitWhen(value(1)), always: permitWhen(value(true)) },
    })
    const { entities } = store()
    assert.deepEqual(compiled.candidates(request(), entities), ['always', 'fails'])
    assert.deepEqual(compiled.decide(request(), entities).errors, [{ policyId: 'fails', kind: 'type-error' }])
  })
})

describe('groups of actions', () => {
  const policies = many(3, (at) => ({
    action: { op: 'in', entities: [uid('Action', ['all', 'few', 'read'][at] ?? '')] },
  }))
  const action = (id: string) => entityUid('Action', id)

  it('are known beforehand where the hierarchy is given: the store is not asked', () => {
    const compiled = compilePolicies(policies, [
      { action: action('read'), ancestors: [action('few'), action('all')] },
      { action: action('write'), ancestors: [action('all')] },
    ])
    const { entities, asked } = store([action('few')])
    assert.deepEqual(compiled.decide(request(), entities).determining, ['p0', 'p1', 'p2'])
    assert.deepEqual(compiled.decide(request({ action: action('write') }), entities).determining, ['p0'])
    assert.deepEqual(compiled.decide(request({ action: action('few') }), entities).determining, ['p1'])
    assert.deepEqual(compiled.decide(request({ action: action('unknown') }), entities).determining, [])
    assert.equal(asked.isIn, 0)
  })

  it('are in conditions what they are in scopes, for an action that the hierarchy does not list too', () => {
    const inFew = { in: { left: variable('action'), right: value({ __entity: uid('Action', 'few') }) } }
    const compiled = compilePolicies({ staticPolicies: { few: permitWhen(inFew) } }, [
      { action: action('read'), ancestors: [action('few')] },
    ])
    const { entities, asked } = store([action('few')])
    assert.equal(compiled.decide(request(), entities).decision, 'allow')
    assert.equal(compiled.decide(request({ action: action('unknown') }), entities).decision, 'deny')
    assert.equal(asked.isIn, 0)
  })

  it('are asked of the store elsewhere', () => {
    const { entities } = store([action('few')])
    assert.deepEqual(compilePolicies(policies).decide(request(), entities).determining, ['p1', 'p2'])
  })
})

describe('the store', () => {
  it('is asked for one attribute once, however many policies read it, and anew by the next decision', () => {
    const level = { '.': { left: variable('principal'), attr: 'level' } }
    const compiled = compilePolicies(
      many(100, (at) => ({ conditions: [{ kind: 'when', body: { '>': { left: level, right: value(at) } } }] })),
    )
    const { entities, asked } = store()
    assert.deepEqual(compiled.decide(request(), entities).determining, ['p0', 'p1', 'p2'])
    assert.equal(asked.attributes, 1)
    compiled.decide(request(), entities)
    assert.equal(asked.attributes, 2)
  })

  it('is asked about a list in the context once, however many policies go through it', () => {
    const listed = { '.': { left: variable('context'), attr: 'groups' } }
    const compiled = compilePolicies(
      many(100, (at) => ({
        conditions: [
          { kind: 'when', body: { in: { left: variable('principal'), right: listed } } },
          { kind: 'when', body: { '<': { left: value(at), right: value(2) } } },
        ],
      })),
    )
    const groups = Array.from({ length: 1_000 }, (_, at) => ({ __entity: uid('Group', `${at}`) }))
    const { entities, asked } = store([entityUid('Group', '999')])
    const context = recordFromJson({ groups })
    assert.deepEqual(compiled.decide(request({ context }), entities).determining, ['p0', 'p1'])
    assert.equal(asked.isIn, 1_000)
  })

  it('is asked as often as it is read where there are more attributes than a decision remembers, and decides the same', () => {
    const compiled = compilePolicies(
      many(1_200, (at) => ({
        conditions: [{ kind: 'when', body: { has: { left: variable('principal'), attr: `a${at % 600}` } } }],
      })),
    )
    const { entities, asked } = store()
    assert.deepEqual(compiled.decide(request(), entities), { decision: 'deny', determining: [], errors: [] })
    assert.equal(asked.attributes, limits.slots + 2 * (600 - limits.slots))
  })

  it('that fails, fails the decision: there is none without it', () => {
    const compiled = compilePolicies(many(1, () => ({ principal: { op: 'in', entity: uid('Group', 'a') } })))
    const entities: EntityStore = {
      ...store().entities,
      isIn() {
        throw new Error('the database is away')
      },
    }
    assert.throws(() => compiled.decide(request(), entities), /the database is away/)
  })

  it('may decide something itself while it answers', () => {
    const compiled = compilePolicies(many(2, (at) => ({ principal: { op: 'in', entity: uid('Group', `${at}`) } })))
    const inner = store([entityUid('Group', '1')]).entities
    const entities: EntityStore = {
      ...inner,
      isIn: (of, ancestor) =>
        compiled.decide(request(), inner).decision === 'allow' && ancestor.id === '0' && of.id === 'ann',
    }
    assert.deepEqual(compiled.decide(request(), entities).determining, ['p0'])
  })
})

describe('without policies', () => {
  it('nothing is allowed', () => {
    for (const empty of [{}, { staticPolicies: {} }, { templates: {} }]) {
      assert.deepEqual(compilePolicies(empty).decide(request(), store().entities), {
        decision: 'deny',
        determining: [],
        errors: [],
      })
    }
  })
})
