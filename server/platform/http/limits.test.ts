import assert from 'node:assert/strict'
import test from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { frozenClock } from '../clock.ts'
import { AddressLimits, defaultLimits, network } from './limits.ts'

test('a burst passes, the next request waits, and time earns it back', () => {
  const clock = frozenClock()
  const limits = new AddressLimits(clock)
  for (let i = 0; i < defaultLimits['sign-in'].burst; i++) assert.equal(limits.spend('sign-in', '192.0.2.1'), 0)
  const wait = limits.spend('sign-in', '192.0.2.1')
  assert.ok(wait > 0 && wait <= 2)
  clock.advance(wait * 1000)
  assert.equal(limits.spend('sign-in', '192.0.2.1'), 0)
  assert.ok(limits.spend('sign-in', '192.0.2.1') > 0)
})

test('one address does not spend the budget of another, nor one class that of another', () => {
  const limits = new AddressLimits(frozenClock())
  while (limits.spend('sign-in', '192.0.2.1') === 0);
  assert.equal(limits.spend('sign-in', '192.0.2.2'), 0)
  assert.equal(limits.spend('read', '192.0.2.1'), 0)
})

test('all addresses of an IPv6 /64 share one budget, and an IPv4-mapped address is its IPv4 address', () => {
  assert.equal(network('2001:db8:1:2:3:4:5:6'), network('2001:db8:1:2::9'))
  assert.equal(network('2001:db8::1'), network('2001:0db8:0:0:ffff::'))
  assert.notEqual(network('2001:db8:1:2::1'), network('2001:db8:1:3::1'))
  assert.equal(network('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(network('fe80::1%eth0'), network('fe80::2'))
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Without what nobody holds any more. */
function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

test('a flood of addresses does not grow the table without end', () => {
  const limits = new AddressLimits(frozenClock())
  const before = heapUsed()
  for (let i = 0; i < 200_000; i++) limits.spend('read', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
  const grown = heapUsed() - before
  assert.ok(grown < 40_000_000, `${grown} bytes`)
})
