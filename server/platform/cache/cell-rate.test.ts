import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { spendCell } from './cell-rate.ts'

const figures = fc.record({
  burst: fc.integer({ min: 1, max: 50 }),
  perSeconds: fc.integer({ min: 1, max: 86_400 }),
  start: fc.integer({ min: 0, max: 4e15 }),
})

test('a whole burst may come at once, never one more', () => {
  fc.assert(
    fc.property(figures, ({ burst, perSeconds, start }) => {
      let arrival = 0
      for (let spent = 1; spent <= burst; spent += 1) {
        const answer = spendCell(arrival, start, burst, perSeconds)
        assert.deepEqual(answer.budget, { allowed: true, remaining: burst - spent, retryAfterSeconds: 0 })
        arrival = answer.arrival as number
      }
      const refused = spendCell(arrival, start, burst, perSeconds)
      assert.equal(refused.budget.allowed, false)
      assert.equal(refused.arrival, null)
      assert.ok(refused.budget.retryAfterSeconds >= 1)
    }),
  )
})

test('who waits for as long as the answer says is allowed, and a moment earlier than one share is not', () => {
  fc.assert(
    fc.property(figures, ({ burst, perSeconds, start }) => {
      let arrival = 0
      for (let spent = 0; spent < burst; spent += 1)
        arrival = spendCell(arrival, start, burst, perSeconds).arrival as number
      const { retryAfterSeconds } = spendCell(arrival, start, burst, perSeconds).budget
      const share = Math.floor((perSeconds * 1_000_000) / burst)
      assert.equal(spendCell(arrival, start + share - 1, burst, perSeconds).budget.allowed, false)
      assert.equal(spendCell(arrival, start + retryAfterSeconds * 1_000_000, burst, perSeconds).budget.allowed, true)
    }),
  )
})

test('over any run of visits, no window earns more than its burst and what time gave back', () => {
  const visits = fc.array(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 60 })
  fc.assert(
    fc.property(figures, visits, ({ burst, perSeconds, start }, gaps) => {
      let arrival = 0
      let now = start
      let allowed = 0
      for (const gap of gaps) {
        now += gap
        const answer = spendCell(arrival, now, burst, perSeconds)
        if (answer.arrival !== null) {
          arrival = answer.arrival
          allowed += 1
        }
      }
      const share = Math.floor((perSeconds * 1_000_000) / burst)
      assert.ok(allowed <= burst + (now - start) / share)
    }),
  )
})

test('a clock that steps back gives nothing away', () => {
  const first = spendCell(0, 10_000_000, 1, 10)
  assert.equal(spendCell(first.arrival as number, 5_000_000, 1, 10).budget.allowed, false)
})
