import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal } from '../../platform/errors.ts'
import type { Circumstances, Condition, Tuple } from './api.ts'
import { checkTuple } from './check-tuple.ts'
import { hold, holdToGive } from './hold.ts'
import { MemoryTuples, nothing, somewhere, tuple, typesOf } from './testing.ts'

const relations = {
  banned: { is: { direct: ['user'] } },
  reader: { is: { base: { direct: ['user', 'user:*'] }, except: { relation: 'banned' } } },
}
const contexts = { inbox: { amount: 'Long', country: 'String' } } as const
const declare = (conditions: unknown) => typesOf('inbox', { mailbox: { conditions, relations } }, contexts)
const amount = 'context has application && context.application has amount'
const types = declare({
  'office-hours': 'context.time.toTime() >= duration("8h") && context.time.toTime() < duration("18h")',
  calm: 'context.risk <= 100 && !context.api',
  inside: { when: 'context.network.isInRange(context.parameters.range)', parameters: { range: 'ipaddr' } },
  'at-most': {
    when: `${amount} && context.application.amount <= context.parameters.most`,
    parameters: { most: 'Long' },
  },
  twice: `${amount} && context.application.amount * 2 > 0`,
})

const noon = Date.UTC(2026, 0, 5, 12)
const night = Date.UTC(2026, 0, 5, 23)
const at = (nowMs: number, more: Partial<Circumstances> = {}): Circumstances => ({ ...somewhere(nowMs), ...more })
const organisationId = 'org_a'
const questionOf = (circumstances: Circumstances, id = 'bo') => ({
  ...{ organisationId, subject: { type: 'user', id }, standing: nothing, relation: 'reader', circumstances },
  resource: { type: 'inbox:mailbox', id: '7' },
})
const shared = (named: Condition['named'], relation = 'reader'): Tuple =>
  tuple(`inbox:mailbox/7#${relation}@user:bo`, named === undefined ? {} : { condition: { named } })
const ask = (tuples: readonly Tuple[], circumstances: Circumstances, of = types) =>
  hold({ types: of, reader: new MemoryTuples(tuples) }, questionOf(circumstances))
const holds = async (named: Condition['named'], circumstances: Circumstances) =>
  (await ask([shared(named)], circumstances)).holds

test('a declared condition is met or not by time, risk, network, what the application sends and what the tuple says', async () => {
  const hours = { name: 'office-hours' }
  assert.deepEqual([await holds(hours, at(noon)), await holds(hours, at(night))], [true, false])
  const calm = { name: 'calm' }
  assert.deepEqual(
    [await holds(calm, at(noon, { risk: 100 })), await holds(calm, at(noon, { risk: 101 }))],
    [true, false],
  )
  assert.deepEqual([await holds(calm, at(noon)), await holds(calm, at(noon, { api: true }))], [true, false])
  const inside = { name: 'inside', parameters: { range: '10.0.0.0/8' } }
  for (const [network, met] of [
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['11.0.0.1', false],
    [null, false],
  ] as const)
    assert.equal(await holds(inside, at(noon, { network })), met, String(network))
  const most = { name: 'at-most', parameters: { most: 5 } }
  for (const [application, met] of [
    [{ amount: 5 }, true],
    [{ amount: 6 }, false],
    [{}, false],
    [undefined, false],
  ] as const)
    assert.equal(await holds(most, at(noon, application === undefined ? {} : { application })), met)
})

test('what is not met is named, and serves no other moment', async () => {
  const refused = await ask([shared({ name: 'office-hours' })], at(night))
  assert.deepEqual(refused.conditional, { names: ['condition'], conditions: ['office-hours'] })
  assert.deepEqual(refused.path[0]?.tuple?.condition, { named: { name: 'office-hours' } })
  const allowed = await ask([shared({ name: 'office-hours' })], at(noon))
  assert.deepEqual([allowed.holds, allowed.untilMs, allowed.circumstantial], [true, noon, true])
  // A way without one serves for longer, and is the one that counts.
  const everyone = tuple('inbox:mailbox/7#reader@user:*')
  const both = await hold(
    { types, reader: new MemoryTuples([shared({ name: 'office-hours' }), everyone]) },
    questionOf(at(noon)),
    true,
  )
  assert.deepEqual([both.holds, both.path[0]?.tuple?.subject.id], [true, '*'])
})

test('what nobody can say grants nothing, and takes away', async () => {
  const unsaid: readonly (readonly [NonNullable<Condition['named']>, Circumstances])[] = [
    [{ name: 'gone' }, at(noon)],
    [{ name: 'constructor' }, at(noon)],
    [{ name: 'inside' }, at(noon)],
    [{ name: 'inside', parameters: { range: 7 } }, at(noon)],
    [{ name: 'calm', parameters: { more: 1 } }, at(noon)],
    [{ name: 'twice' }, at(noon, { application: { amount: Number.MAX_SAFE_INTEGER * 1_024 } })],
  ]
  for (const [named, circumstances] of unsaid.slice(0, 5)) {
    assert.equal(await holds(named, circumstances), false, JSON.stringify(named))
    assert.equal((await ask([shared(undefined), shared(named, 'banned')], circumstances)).holds, false, named.name)
  }
  // What is said not to be met takes nothing away.
  assert.equal(
    (await ask([shared(undefined), shared({ name: 'calm' }, 'banned')], at(noon, { risk: 900 }))).holds,
    true,
  )
  assert.equal((await ask([shared(undefined), shared({ name: 'calm' }, 'banned')], at(noon))).holds, false)
})

test('what somebody has under a condition is nothing to give on, and a ban under one counts', async () => {
  const give = (tuples: readonly Tuple[]) =>
    holdToGive({ types, reader: new MemoryTuples(tuples) }, questionOf(at(noon)))
  assert.notEqual(await give([shared(undefined)]), null)
  assert.equal(await give([shared({ name: 'calm' })]), null)
  assert.equal(await give([shared(undefined), shared({ name: 'calm' }, 'banned')]), null)
})

test('a tuple names what its type declares, with the parameters that it wants and no others', () => {
  const accepts = (named: unknown) => checkTuple(types, shared(named as never), noon)
  accepts({ name: 'calm' })
  accepts({ name: 'calm', parameters: {} })
  accepts({ name: 'inside', parameters: { range: '10.0.0.0/8' } })
  for (const [named, fault] of [
    [{ name: 'nope' }, 'there is no condition nope'],
    [{ name: 'toString' }, 'there is no condition toString'],
    [{ name: 7 }, 'there is no condition 7'],
    [{ name: 'inside' }, 'the parameter range is missing'],
    [{ name: 'inside', parameters: { range: 'here' } }, /^the parameter range /],
    [
      { name: 'inside', parameters: { range: '10.0.0.0/8', more: 1 } },
      'the parameter more is not declared by the application',
    ],
    [{ name: 'at-most', parameters: { most: 1.5 } }, 'the parameter most is no Long'],
    [{ name: 'calm', parameters: { a: 'x'.repeat(2_000) } }, 'the parameters are too long'],
  ] as const)
    assert.throws(
      () => accepts(named),
      (error) => {
        if (!isRefusal(error, 'ACCESS_RELATION_MALFORMED')) throw error
        assert.match(String(error.details?.fault), fault instanceof RegExp ? fault : new RegExp(`^${fault}$`))
        return true
      },
    )
})

test('a declaration that is none stops the start, by its name', () => {
  for (const [condition, message] of [
    ['', /condition x/],
    ['context.', /condition x/],
    ['context.risk', /condition x: /],
    ['context.risk > "a"', /condition x: /],
    ['context.nope == 1', /nope/],
    ['context.application.amount == 1', /application/],
    ['context has application && context.application.nope == 1', /nope/],
    ['context.parameters.most > 1', /most/],
    ['context has dataClass && context.dataClass == "a"', /condition x/],
    ['principal == Custodia::User::"a"', /looks at more than the context/],
    ['resource has a', /looks at more than the context/],
    ['true }; permit(principal, action, resource) when { true', /more than one expression/],
    ['true } unless { false', /more than one expression/],
    ['true }; forbid(principal, action, resource);//', /condition x/],
    ['x'.repeat(2_001), /at most 2000 characters/],
    [{ when: 'true', more: 1 }, /x.more is not known/],
    [{ parameters: {} }, /has no expression/],
    [{ when: 'true', parameters: { a: 'Text' } }, /x.parameters.a is none of/],
    [7, /x is not a mapping/],
  ] as const)
    assert.throws(() => declare({ x: condition }), { message }, JSON.stringify(condition))
  assert.throws(() => declare({ 'A b': 'true' }), /not a name of a condition/)
  const many = Object.fromEntries(Array.from({ length: 21 }, (_one, index) => [`c${index}`, 'true']))
  assert.throws(() => declare(many), /more than 20 entries/)
})
