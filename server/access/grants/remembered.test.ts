import assert from 'node:assert/strict'
import test from 'node:test'
import type { Bus } from '../../platform/cache/cache.ts'
import { frozenClock } from '../../platform/clock.ts'
import { Remembered } from './remembered.ts'

function busThat(state: { healthy: boolean }): Bus {
  return {
    healthy: () => state.healthy,
    publish: async () => {},
    subscribe: () => () => {},
    onGap: () => () => {},
    close: async () => {},
  }
}

const clock = frozenClock()
const make = (state = { healthy: true }, max = 3) =>
  new Remembered<readonly string[]>({ bus: busThat(state), clock, max })

for (const [what, forget] of [
  ['about the same', 'forget', 'usr_a'],
  ['about another', 'forget', 'usr_b'],
  ['about everybody', 'forget', null],
  ['of the organisation', 'forgetOrganisation', 'org_a'],
  ['of another organisation', 'forgetOrganisation', 'org_b'],
].map(
  ([what, how, id]) =>
    [
      what as string,
      (one: Remembered<readonly string[]>) =>
        how === 'forget' ? one.forget(id as string | null) : one.forgetOrganisation(id as string),
    ] as const,
)) {
  test(`a read that began before an announcement ${what} is not kept`, async () => {
    const remembered = make()
    let answer: (roles: string[]) => void = () => {}
    const filling = remembered.fill('org_a', 'usr_a', () => new Promise((resolve) => (answer = resolve)))
    forget(remembered)
    answer(['administrator'])
    assert.deepEqual(await filling, ['administrator'])
    assert.equal(remembered.get('org_a', 'usr_a'), undefined)
  })
}

test('while the bus is not healthy nothing is served from memory and nothing is kept', async () => {
  const state = { healthy: true }
  const remembered = make(state)
  await remembered.fill('org_a', 'usr_a', async () => ['reader'])
  assert.deepEqual(remembered.get('org_a', 'usr_a'), ['reader'])
  state.healthy = false
  assert.equal(remembered.get('org_a', 'usr_a'), undefined)
  await remembered.fill('org_a', 'usr_b', async () => ['reader'])
  state.healthy = true
  assert.equal(remembered.get('org_a', 'usr_b'), undefined)
})

test('what belongs to one organisation is not served to another', async () => {
  const remembered = make()
  await remembered.fill('org_a', 'inbox', async () => ['reader'])
  assert.equal(remembered.get('org_b', 'inbox'), undefined)
})

test('what expires is served until that moment and not at it', async () => {
  const remembered = make()
  const untilMs = clock.nowMs() + 1_000
  await remembered.fill(
    'org_a',
    'usr_a',
    async () => ['reader'],
    () => untilMs,
  )
  clock.advance(999)
  assert.deepEqual(remembered.get('org_a', 'usr_a'), ['reader'])
  clock.advance(1)
  assert.equal(remembered.get('org_a', 'usr_a'), undefined)
})

test('an organisation is forgotten alone', async () => {
  const remembered = make()
  await remembered.fill('org_a', 'usr_a', async () => ['reader'])
  await remembered.fill('org_b', 'usr_b', async () => ['reader'])
  remembered.forgetOrganisation('org_a')
  assert.equal(remembered.get('org_a', 'usr_a'), undefined)
  assert.deepEqual(remembered.get('org_b', 'usr_b'), ['reader'])
})

test('of more than fit the oldest goes', async () => {
  const remembered = make()
  for (const id of ['usr_a', 'usr_b', 'usr_c', 'usr_d']) await remembered.fill('org_a', id, async () => ['reader'])
  assert.equal(remembered.size, 3)
  assert.equal(remembered.get('org_a', 'usr_a'), undefined)
})
