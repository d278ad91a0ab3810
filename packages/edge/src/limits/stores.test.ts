import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { rateOf } from './cell-rate.ts'
import type { Cell, CellStore, Spent } from './cell-store.ts'
import { GuardedCells, longestWaitMs } from './guarded-cells.ts'
import { MemoryCells } from './memory-cells.ts'
import { cellStoreContract } from './testing.ts'

function clock() {
  let ms = 1_000_000
  return {
    nowMs: () => ms,
    pass(by: number) {
      ms += by
    },
  }
}

cellStoreContract('in process', false, async () => {
  const time = clock()
  const store = new MemoryCells(time.nowMs)
  return { stores: [store, store], pass: async (seconds) => time.pass(seconds * 1000), close: async () => {} }
})

cellStoreContract('in a store that may be lost', false, async () => {
  const time = clock()
  const store = new MemoryCells(time.nowMs)
  const guarded = () => new GuardedCells({ store, nowMs: time.nowMs })
  return { stores: [guarded(), guarded()], pass: async (seconds) => time.pass(seconds * 1000), close: async () => {} }
})

test('in process: nothing is waited for, and strangers of one pool push nobody out of another', () => {
  const store = new MemoryCells(clock().nowMs, 100)
  const rate = rateOf(1, 60)
  const of = (pool: string, subject: string): Cell => ({ pool, subject, rate, lost: rate })
  assert.equal(store.spend([of('sign-in', 'attacker')]).allowed, true)
  for (let i = 0; i < 10_000; i++) store.spend([of('read', `10.0.${i >> 8}.${i & 255}`)])
  assert.equal(store.spend([of('sign-in', 'attacker')]).allowed, false)
})

/** A store that does what it is told to. */
function unreliable() {
  const time = clock()
  const inner = new MemoryCells(time.nowMs)
  let how: 'well' | 'silent' | 'failing' = 'well'
  let asked = 0
  const changes: string[] = []
  const store: CellStore = {
    spend(cells) {
      asked += 1
      if (how === 'failing') return Promise.reject(new Error('gone'))
      return how === 'silent' ? new Promise<Spent>(() => {}) : inner.spend(cells)
    },
  }
  const guarded = new GuardedCells({ store, nowMs: time.nowMs, onChange: (state) => void changes.push(state) })
  const become = (next: typeof how) => {
    how = next
  }
  return { time, guarded, changes, become, asked: () => asked }
}
const four: Cell = { pool: 'p', subject: 's', rate: rateOf(40, 60), lost: rateOf(10, 60) }
const settled = () => new Promise((resolve) => setImmediate(resolve))

for (const how of ['silent', 'failing'] as const) {
  test(`a store that is ${how} is waited for at most once, and each process counts as declared until it is back`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { guarded, become, changes, time, asked } = unreliable()
    await guarded.spend([four])
    become(how)
    const waiting = Promise.all(Array.from({ length: 5 }, () => guarded.spend([four])))
    // A store that fails is not waited for at all; one that is silent by all five together, and not a millisecond longer.
    if (how === 'silent') {
      t.mock.timers.tick(longestWaitMs - 1)
      await settled()
      assert.deepEqual(changes, [])
      t.mock.timers.tick(1)
    }
    await waiting
    assert.deepEqual(changes, ['lost'])
    // Without a promise: nothing can hang.
    let passed = 5
    while ((guarded.spend([four]) as Spent).allowed) passed += 1
    assert.equal(passed, 10)
    const before = asked()
    time.pass(300)
    await guarded.spend([four])
    await guarded.spend([four])
    assert.equal(asked(), before + 1)
    t.mock.timers.tick(longestWaitMs)
    await settled()
    await settled()
    become('well')
    time.pass(10_000)
    await guarded.spend([four])
    await settled()
    await settled()
    assert.deepEqual(changes, ['lost', 'back'])
    assert.equal(((await guarded.spend([four])) as Spent).remaining[0], 39)
  })
}

test('who is denied is not asked for again until it is over, and others are', async () => {
  const { guarded, asked, time } = unreliable()
  const rate = rateOf(1, 60)
  const one: Cell = { pool: 'p', subject: 'a', rate, lost: rate }
  await guarded.spend([one])
  assert.equal((await guarded.spend([one])).allowed, false)
  const before = asked()
  for (let i = 0; i < 1_000; i++) assert.equal((await guarded.spend([one])).allowed, false)
  assert.equal(asked(), before)
  assert.equal((await guarded.spend([{ ...one, subject: 'b' }])).allowed, true)
  time.pass(60_000)
  assert.equal((await guarded.spend([one])).allowed, true)
})

test('a process that is late itself does not take its own lateness for a store that is lost', async () => {
  const time = clock()
  const cells = new MemoryCells(time.nowMs)
  // Answered by another thread while this one is busy, as a store on a socket is.
  const store: CellStore = { spend: async (asked) => await stat('/').then(() => cells.spend(asked)) }
  const guarded = new GuardedCells({ store, nowMs: time.nowMs })
  const rate = rateOf(1, 60)
  const answer = guarded.spend([{ pool: 'read', subject: '192.0.2.1', rate, lost: rate }])
  const untilMs = performance.now() + 3 * longestWaitMs
  while (performance.now() < untilMs);
  assert.equal((await answer).allowed, true)
  assert.equal(guarded.lost, false)
})
