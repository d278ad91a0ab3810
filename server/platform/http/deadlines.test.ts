import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from './deadlines.ts'

function setUp(t: { after(fn: () => void): void }) {
  let nowMs = 0
  const ended: string[] = []
  const deadlines = new Deadlines(1_000, () => nowMs)
  t.after(() => deadlines.close())
  const begin = (name: string) => {
    const timed = { startedMs: nowMs, overdue: () => void ended.push(name) }
    deadlines.begin(timed)
    return timed
  }
  const sweepAt = (ms: number) => {
    nowMs = ms
    deadlines.sweep()
    return ended.splice(0)
  }
  return { deadlines, begin, sweepAt }
}

test('what takes longer than its limit is ended, once, and what began later is not', (t) => {
  const { begin, sweepAt } = setUp(t)
  begin('first')
  assert.deepEqual(sweepAt(600), [])
  begin('second')
  assert.deepEqual(sweepAt(999), [])
  assert.deepEqual(sweepAt(1_000), ['first'])
  assert.deepEqual(sweepAt(1_599), [])
  assert.deepEqual(sweepAt(1_600), ['second'])
  assert.deepEqual(sweepAt(9_000), [])
})

test('what ended in time is not ended again, and nothing of it is kept', (t) => {
  const { deadlines, begin, sweepAt } = setUp(t)
  const timed = begin('quick')
  begin('slow')
  deadlines.end(timed)
  deadlines.end(timed)
  assert.equal(deadlines.size, 1)
  assert.deepEqual(sweepAt(5_000), ['slow'])
  assert.equal(deadlines.size, 0)
})
