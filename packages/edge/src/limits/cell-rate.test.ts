import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rateOf, remainingAt, spentUntil, waitOf } from './cell-rate.ts'
import { network, wideNetwork } from './networks.ts'

test('figures that are none are refused', () => {
  for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001]) {
    assert.throws(() => rateOf(wrong, 60), RangeError)
    assert.throws(() => rateOf(60, wrong), RangeError)
  }
  assert.throws(() => rateOf(1, 86_401), RangeError)
})

test('whoever waits as long as was said passes, and a microsecond earlier does not', () => {
  const whole = (min: number, max: number) => fc.integer({ min, max })
  fc.assert(
    fc.property(whole(1, 1_000_000), whole(1, 86_400), whole(1, 50), whole(0, 2 ** 50), (burst, seconds, cost, now) => {
      const rate = rateOf(burst, seconds)
      if (cost > burst) return
      const full = now + rate.roomUs
      const wait = waitOf(spentUntil(full, now, rate, cost), now, rate)
      assert.ok(wait > 0 && Number.isSafeInteger(wait))
      assert.equal(waitOf(spentUntil(full, now + wait, rate, cost), now + wait, rate), 0)
      assert.ok(waitOf(spentUntil(full, now + wait - 1, rate, cost), now + wait - 1, rate) > 0)
      assert.equal(remainingAt(0, now, rate), burst)
      assert.equal(remainingAt(full, now, rate), 0)
    }),
  )
})

test('a clock that was ahead by an hour holds nobody up for an hour', () => {
  const rate = rateOf(10, 60)
  const now = 1_000_000_000
  assert.equal(waitOf(spentUntil(now + 3_600_000_000, now, rate, 1), now, rate), rate.stepUs)
})

test('an address counts as what one subscriber holds, and widely as what one customer may', () => {
  const cases = [
    ['192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2345:6:7:8:9', '2001:db8:1:2345::/64', '2001:db8:1:2300::/56'],
    ['2001:db8:1:23ff::1', '2001:db8:1:23ff::/64', '2001:db8:1:2300::/56'],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0:0::/56'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0:0::/56'],
    ['nonsense', 'nonsense', 'nonsense'],
  ] as const
  for (const [address, own, wide] of cases) assert.deepEqual([network(address), wideNetwork(address)], [own, wide])
})
