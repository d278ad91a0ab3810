import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { keepingLog } from '../telemetry/testing.ts'
import { holdLease } from './hold-lease.ts'
import type { Lease } from './store.ts'

function held(t: TestContext, renew: (lease: Lease) => Promise<Lease | null>) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  const { log, lines } = keepingLog()
  const lease = holdLease({ name: 'test.job', until: 'first' }, renew, log, 0, () => nowMs)
  return {
    lease,
    lines,
    async advance(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) {
        nowMs += 1_000
        t.mock.timers.tick(1_000)
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
      }
    },
  }
}

test('it is renewed for as long as it is held, each time on the proof of the time before', async (t) => {
  const seen: string[] = []
  const { lease, advance } = held(t, async ({ name, until }) => {
    seen.push(until)
    return { name, until: `after ${seen.length}` }
  })
  await advance(3_600)
  assert.equal(lease.lost.aborted, false)
  assert.deepEqual(seen.slice(0, 3), ['first', 'after 1', 'after 2'])
  assert.equal(seen.length, 720)
  assert.equal((await lease.end()).until, 'after 720')
  await advance(60)
  assert.equal(seen.length, 720)
})

test('it is lost as soon as somebody else has taken it', async (t) => {
  const { lease, advance } = held(t, async () => null)
  await advance(5)
  assert.equal(lease.lost.aborted, true)
})

test('a database that refuses, or never answers, stops the run well before the lease ends', async (t) => {
  for (const renew of [() => Promise.reject(new Error('away')), () => new Promise<null>(() => {})]) {
    const { lease, advance } = held(t, renew)
    await advance(24)
    assert.equal(lease.lost.aborted, false)
    await advance(1)
    assert.equal(lease.lost.aborted, true)
    t.mock.timers.reset()
  }
})

test('a database that answers in time again loses nothing', async (t) => {
  let away = true
  const { lease, lines, advance } = held(t, async (current) => {
    if (away) throw new Error('away')
    return current
  })
  await advance(15)
  assert.equal(lines.length, 3)
  away = false
  await advance(60)
  assert.equal(lease.lost.aborted, false)
})

test('the end waits for a renewal that is under way, and returns what came of it', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Lease>()
  const { lease, advance } = held(t, () => promise)
  await advance(5)
  const ending = lease.end()
  resolve({ name: 'test.job', until: 'late' })
  assert.equal((await ending).until, 'late')
})
