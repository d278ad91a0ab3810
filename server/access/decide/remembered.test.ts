import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Question, Verdict } from './question.ts'
import { Remembered } from './remembered.ts'

const facts = {
  nowMs: 1,
  address: '192.0.2.1',
  assurance: 1 as const,
  factors: [],
  risk: 0,
  api: false,
}
type Parts = {
  readonly id: string
  readonly roles?: readonly string[]
  readonly permission: string
  readonly type: string | null
  readonly what: string
  readonly address?: string
}
const asked = ({ id, roles, permission, type, what, address }: Parts, organisationId = 'org_a'): Question => ({
  who: { kind: 'user', id, organisationId, ...(roles === undefined ? {} : { roles }) },
  permission,
  what: { type, id: what, organisationId },
  facts: { ...facts, ...(address === undefined ? {} : { address }) },
})
const verdict: Verdict = {
  ...{ allowed: true, reason: 'permitted', policies: [], errors: [], policyVersion: 0, unmet: null },
  untilMs: Number.POSITIVE_INFINITY,
}
const decision = { verdict, standing: { roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY }, held: new Map() }
const open = () => new Remembered({ healthy: () => true } as never)
const keep = (remembered: Remembered, question: Question) => remembered.keep(question, decision, remembered.generation)

const usual: Parts = { id: 'usr_bo', permission: 'inbox:read', type: 'inbox:mailbox', what: 'm1' }

test('no two questions share a decision, whatever is in their identifiers', () => {
  const text = fc.stringMatching(/^[\0\n :+0-9a]{0,4}$/)
  const parts = fc.record(
    {
      ...{ id: text, permission: text, what: text, address: text },
      roles: fc.array(text, { maxLength: 3 }),
      type: fc.option(text, { nil: null }),
    },
    { requiredKeys: ['id', 'permission', 'what', 'type', 'address'] },
  )
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const remembered = open()
      keep(remembered, asked(one))
      const [first, second] = [one, other].map((each) =>
        // The organisation as a whole is itself, wherever one is.
        JSON.stringify(asked(each.type === null ? { ...each, address: '', what: '' } : each)),
      )
      assert.equal(remembered.get(asked(other)) !== undefined, first === second)
    }),
    {
      numRuns: 3_000,
      examples: [
        [
          { ...usual, address: '' },
          { ...usual, address: '', id: 'usr_bo\0' },
        ],
        [
          { ...usual, address: '', type: null, what: '' },
          { ...usual, address: '', type: null, what: '0' },
        ],
      ],
    },
  )
})

test('an identifier with U+0000 can’t be made to look like a question of others', () => {
  const remembered = open()
  keep(remembered, asked({ ...usual, id: 'usr_bo', roles: [] }))
  for (const forged of [
    { ...usual, id: 'usr_bo\0\0inbox:read\0org_a\0inbox:mailbox\0m1' },
    { ...usual, id: 'usr_bo\0' },
    { ...usual, id: '', permission: 'usr_bo\0\0inbox:read' },
    { ...usual, roles: undefined as never },
    { ...usual, roles: [''] },
  ])
    assert.equal(remembered.get(asked(forged)), undefined, JSON.stringify(forged))
})

test('roles that are none are another question than roles that are looked up', () => {
  const remembered = open()
  const { roles: _, ...lookedUp } = { ...usual, roles: [] }
  keep(remembered, asked(lookedUp))
  assert.equal(remembered.get(asked({ ...usual, roles: [] })), undefined)
  assert.notEqual(remembered.get(asked(lookedUp)), undefined)
})

test('an organisation is forgotten alone, and so is one in which a subject was decided about', () => {
  const remembered = open()
  const [one, two] = [asked(usual), asked({ ...usual, id: 'usr_cy' }, 'org_b')]
  const known = () => [one, two].map((question) => remembered.get(question) !== undefined)
  const fill = () => [one, two].forEach((question) => void keep(remembered, question))
  fill()
  remembered.forget('org_a')
  assert.deepEqual(known(), [false, true])
  fill()
  remembered.forgetSubject('usr_cy')
  assert.deepEqual(known(), [true, false])
  fill()
  remembered.forgetSubject('usr_nobody')
  assert.deepEqual(known(), [true, true])
  remembered.forget(null)
  assert.deepEqual(known(), [false, false])
})

test('what began before a change of whomever is not kept', () => {
  for (const change of ['forget', 'forgetSubject'] as const) {
    const remembered = open()
    const { generation } = remembered
    remembered[change]('usr_bo')
    remembered.keep(asked(usual), decision, generation)
    assert.equal(remembered.get(asked(usual)), undefined, change)
  }
})

test('what is found by the very caller is of one permission and one organisation, and ends as anything else', () => {
  const bus = { isHealthy: true }
  const remembered = new Remembered({ healthy: () => bus.isHealthy } as never)
  const { who } = asked(usual)
  const ask = (more: Partial<Question> = {}): Question => ({
    ...{ who, permission: 'inbox:read', what: { type: null, id: 'org_a', organisationId: 'org_a' }, facts },
    ...more,
  })
  const known = (question: Question) => remembered.get(question) !== undefined
  const until5 = { ...decision, verdict: { ...verdict, untilMs: 5 } }
  const fill = () => {
    remembered.keep(ask(), until5, remembered.generation)
    // Asked once, so that it is found by the caller from now on.
    assert.ok(known(ask()) && known(ask()))
  }
  fill()
  for (const other of [
    ask({ permission: 'inbox:write' }),
    ask({ what: { type: null, id: 'org_b', organisationId: 'org_b' } }),
    ask({ what: { type: 'inbox:mailbox', id: 'org_a', organisationId: 'org_a' } }),
    ask({ who: { ...who, id: 'usr_cy' } }),
    ask({ facts: { ...facts, nowMs: 5 } }),
  ])
    assert.equal(known(other), false, JSON.stringify(other))
  bus.isHealthy = false
  assert.equal(known(ask()), false)
  bus.isHealthy = true
  for (const forget of [
    () => remembered.forget('org_a'),
    () => remembered.forget(null),
    () => remembered.forgetSubject(who.id),
  ]) {
    fill()
    forget()
    assert.equal(known(ask()), false)
  }
})

test('what a caller was told once and has ended is remembered again once it was decided anew', () => {
  const remembered = open()
  const { who } = asked(usual)
  const at = (nowMs: number): Question => ({
    ...{ who, permission: 'inbox:read', what: { type: null, id: 'org_a', organisationId: 'org_a' } },
    facts: { ...facts, nowMs },
  })
  for (const [nowMs, untilMs] of [
    [1, 5],
    [5, 9],
  ] as const) {
    assert.equal(remembered.get(at(nowMs)), undefined)
    remembered.keep(at(nowMs), { ...decision, verdict: { ...verdict, untilMs } }, remembered.generation)
    assert.equal(remembered.get(at(nowMs))?.verdict.untilMs, untilMs)
  }
})
