import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { Shedding, sheddingOrder } from './shedding.ts'

const figures = { busyMs: 150, calmMs: 50, calmSamples: 4 }
const shed = (shedding: Shedding) =>
  ['expensive', 'write', 'read', 'sign-in', 'health'].filter((one) => shedding.sheds(one))

test('the busier, the more is shed: what is expensive first, then writes, then reads, and never a sign-in', () => {
  const shedding = new Shedding(figures)
  assert.deepEqual(shed(shedding), [])
  const seen = [150, 300, 5_000, 5_000, 60_000].map((delay) => {
    shedding.sample(delay)
    return shed(shedding)
  })
  assert.deepEqual(seen, [
    ['expensive'],
    ['expensive', 'write'],
    [...sheddingOrder],
    [...sheddingOrder],
    [...sheddingOrder],
  ])
})

test('it comes down one by one, after calm that lasted, and a delay in between neither sheds nor calms', () => {
  const shedding = new Shedding(figures)
  for (const delay of [200, 200, 200]) shedding.sample(delay)
  const levels = [10, 10, 10, 100, 10, 10, 10, 10, 149, 10, 10, 10, 10, 10, 10, 10, 10].map((delay) =>
    shedding.sample(delay),
  )
  assert.deepEqual(levels, [3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 0])
  assert.deepEqual(shed(shedding), [])
})

test('a single long pause sheds what is expensive and nothing else', () => {
  const shedding = new Shedding(figures)
  shedding.sample(10_000)
  for (let i = 0; i < 3; i++) assert.equal(shedding.sample(0), 1)
  assert.equal(shedding.sample(0), 0)
})

/** A server that answers `capacity` requests at once in `baseMs`, and more of them in proportion later. */
function run(limit: AdaptiveLimit, capacity: number, baseMs: number, rounds: number) {
  for (let i = 0; i < rounds; i++) {
    let asked = 0
    while (limit.enter()) asked += 1
    // Each that has its answer is followed by another.
    for (let j = 0; j < asked; j++) {
      limit.leave(baseMs * Math.max(1, limit.inFlight / capacity))
      if (j % 2 === 0) limit.enter()
    }
    while (limit.inFlight > 0) limit.leave(null)
  }
  return limit.limit
}

test('the limit grows while answers are as fast as ever, and stays near what the server can do', () => {
  assert.equal(run(new AdaptiveLimit(), 10_000, 5, 300), 512)
  const found = run(new AdaptiveLimit(), 40, 5, 60)
  assert.ok(found > 30 && found < 300, `${found}`)
})

test('answers that suddenly take long, or do not come, bring it down to its least, and it recovers', () => {
  const limit = new AdaptiveLimit()
  const before = run(limit, 10_000, 5, 100)
  run(limit, 1, 5, 20)
  assert.ok(limit.limit < before / 4, `${limit.limit}`)
  for (let i = 0; i < 500; i++) if (limit.enter()) limit.leave('late')
  assert.equal(limit.limit, 8)
  assert.ok(run(limit, 10_000, 5, 300) > 100)
})

test('answers of very different kinds do not bring it down', () => {
  const limit = new AdaptiveLimit()
  for (let i = 0; i < 20_000; i++) {
    while (limit.enter());
    limit.leave(i % 10 === 0 ? 100 : 1 + (i % 3))
  }
  assert.ok(limit.limit > 200, `${limit.limit}`)
})

test('a server that has become slower for good gets its share again', () => {
  const limit = new AdaptiveLimit()
  run(limit, 10_000, 5, 100)
  run(limit, 10_000, 100, 200)
  assert.ok(limit.limit > 100, `${limit.limit}`)
})

test('a limit that is not reached does not move, and a client that goes away says nothing', () => {
  const limit = new AdaptiveLimit()
  for (let i = 0; i < 1_000; i++) {
    assert.ok(limit.enter())
    limit.leave(i % 7)
  }
  assert.equal(limit.limit, 32)
  for (let i = 0; i < 1_000; i++) {
    while (limit.enter());
    while (limit.inFlight > 0) limit.leave(null)
  }
  assert.equal(limit.limit, 32)
})

test('whatever happens it stays in its bounds, and no more are in flight than it says', () => {
  const took = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constant('late' as const), fc.constant(null))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), took), { maxLength: 400 }), (steps) => {
      const limit = new AdaptiveLimit()
      for (const [enters, what] of steps) {
        if (enters) limit.enter()
        else if (limit.inFlight > 0) limit.leave(what)
        assert.ok(limit.limit >= 8 && limit.limit <= 512)
        assert.ok(limit.inFlight >= 0 && limit.inFlight <= 512)
      }
    }),
  )
})
