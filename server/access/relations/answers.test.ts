import assert from 'node:assert/strict'
import test from 'node:test'
import type { Bus } from '../../platform/cache/cache.ts'
import { Answers } from './answers.ts'
import type { Question } from './api.ts'
import type { Answer } from './hold.ts'
import { nothing } from './testing.ts'

const busThat = (state: { healthy: boolean }): Bus => ({
  healthy: () => state.healthy,
  publish: async () => {},
  subscribe: () => () => {},
  onGap: () => () => {},
  close: async () => {},
})
const question = (more: Partial<Question> = {}): Question => ({
  organisationId: 'org_a',
  subject: { type: 'user', id: 'bo' },
  standing: nothing,
  resource: { type: 'x:doc', id: '1' },
  relation: 'reader',
  circumstances: { nowMs: 1_000, network: null, assurance: 1 },
  ...more,
})
const yes: Answer = { holds: true, untilMs: 2_000, conditional: null, path: [], circumstantial: false }
const gives = (answer: Answer) => async () => answer

test('an answer is believed until something in it ends, and never while the bus is not healthy', async () => {
  const state = { healthy: true }
  const answers = new Answers(busThat(state))
  await answers.fill(question(), gives(yes))
  assert.equal(answers.get(question()), yes)
  state.healthy = false
  assert.equal(answers.get(question()), undefined)
  state.healthy = true
  const later = (nowMs: number) => question({ circumstances: { nowMs, network: null, assurance: 1 } })
  assert.equal(answers.get(later(1_999)), yes)
  assert.equal(answers.get(later(2_000)), undefined)
})

test('an answer that began before a change is not kept, and one from while the bus was ill neither', async () => {
  const state = { healthy: true }
  const answers = new Answers(busThat(state))
  let answer: (one: Answer) => void = () => {}
  const filling = answers.fill(question(), () => new Promise((resolve) => (answer = resolve)))
  answers.forget('org_a')
  answer(yes)
  assert.equal(await filling, yes)
  assert.equal(answers.get(question()), undefined)
  state.healthy = false
  await answers.fill(question(), gives(yes))
  state.healthy = true
  assert.equal(answers.get(question()), undefined)
})

test('a change of one organisation leaves those of others; a gap leaves nothing', async () => {
  const answers = new Answers(busThat({ healthy: true }))
  const other = question({ organisationId: 'org_b' })
  for (const one of [question(), other]) await answers.fill(one, gives(yes))
  answers.forget('org_a')
  assert.deepEqual([answers.get(question()), answers.get(other)], [undefined, yes])
  answers.forget(null)
  assert.equal(answers.get(other), undefined)
})

test('another organisation, subject, standing, resource or relation has another answer', async () => {
  const answers = new Answers(busThat({ healthy: true }))
  await answers.fill(question(), gives(yes))
  const others: Partial<Question>[] = [
    { organisationId: 'org_b' },
    { subject: { type: 'service', id: 'bo' } },
    { subject: { type: 'x:team', id: 'bo', relation: 'member' } },
    { standing: { ...nothing, groups: ['grp_1'] } },
    { standing: { ...nothing, roles: ['grp_1'] } },
    { resource: { type: 'x:doc', id: '2' } },
    { relation: 'owner' },
  ]
  for (const one of others) assert.equal(answers.get(question(one)), undefined, JSON.stringify(one))
})

test('an answer that a condition decided is for that network and that assurance alone', async () => {
  const answers = new Answers(busThat({ healthy: true }))
  const from = (network: string, assurance: number) => question({ circumstances: { nowMs: 0, network, assurance } })
  await answers.fill(from('10.0.0.1', 2), gives({ ...yes, circumstantial: true }))
  assert.equal(answers.get(from('10.0.0.1', 2))?.holds, true)
  assert.equal(answers.get(from('10.0.0.2', 2)), undefined)
  assert.equal(answers.get(from('10.0.0.1', 1)), undefined)
})

test('no more is remembered than there is room for', async () => {
  const answers = new Answers(busThat({ healthy: true }), 10)
  for (let id = 0; id < 100; id++)
    await answers.fill(question({ resource: { type: 'x:doc', id: `${id}` } }), gives(yes))
  assert.equal(answers.size, 10)
})
