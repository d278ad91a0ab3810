import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timed } from './deadlines.ts'
import { Deadlines } from './deadlines.ts'

function setUp(t: { after(fn: () => void): void }) {
  let nowMs = 0
  const ended: string[] = []
  const deadlines = new Deadlines(1_000, () => nowMs)
  t.after(() => deadlines.close())
  const begin = (name: string) => {
    const timed = { startedMs: nowMs, overdue: () => void ended.push(name), earlier: null, later: null }
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

test('what ended in time is not ended again, wherever in the row it stood, and twice is as once', (t) => {
  const { deadlines, begin, sweepAt } = setUp(t)
  const names = ['first', 'slow', 'middle', 'slower', 'last']
  const timed = names.map(begin)
  for (const at of [2, 2, 0, 4, 4, 0]) deadlines.end(timed[at] as Timed)
  assert.deepEqual(sweepAt(5_000), ['slow', 'slower'])
  deadlines.end(timed[1] as Timed)
  begin('next')
  assert.deepEqual(sweepAt(9_000), ['next'])
  assert.deepEqual(sweepAt(20_000), [])
})

test('who is alone in the row leaves it empty', (t) => {
  const { deadlines, begin, sweepAt } = setUp(t)
  deadlines.end(begin('only'))
  begin('next')
  assert.deepEqual(sweepAt(5_000), ['next'])
})
