import assert from 'node:assert/strict'
import { createSecretKey, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { MemoryBus } from '../platform/cache/memory-bus.ts'
import { frozenClock } from '../platform/clock.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import { KeyCache, maxAgeMs, maxCachedKeys } from './key-cache.ts'
import { LiveKey } from './live-key.ts'
import { scopeText } from './scope.ts'

const secret = createSecretKey(Buffer.alloc(32))
function keyOf(subjectId: string | null, organisationId = 'org_a'): LiveKey {
  const scope = { organisationId, applicationId: 'custodia', subjectId, purpose: 'subject' }
  return new LiveKey(randomUUID(), scope, secret)
}
function make() {
  const clock = frozenClock()
  const bus = new MemoryBus(keepingLog().log)
  const cache = new KeyCache(bus, clock)
  const put = (key: LiveKey) => cache.put(key, true, cache.generation())
  const has = (key: LiveKey) => cache.byId(key.id) === key && cache.current(scopeText(key.scope)) === key
  return { clock, bus, cache, put, has }
}

test('a key is there until it is 300 seconds old, however often it is used', () => {
  const { clock, put, has } = make()
  const key = keyOf('usr_a')
  put(key)
  clock.advance(maxAgeMs - 1)
  assert.ok(has(key))
  clock.advance(1)
  assert.ok(!has(key))
})

test('there are never more than 10,000, and the least lately used goes first', () => {
  const { cache, put, has } = make()
  const keys = Array.from({ length: maxCachedKeys }, (_, i) => keyOf(`usr_${i}`))
  for (const key of keys) put(key)
  assert.ok(has(keys[0] as LiveKey))
  put(keyOf('usr_more'))
  assert.equal(cache.size, maxCachedKeys)
  assert.ok(has(keys[0] as LiveKey))
  assert.ok(!has(keys[1] as LiveKey))
})

test('a doubted subject is forgotten and not kept again while anything could still be cached; others stay', () => {
  const { clock, cache, put, has } = make()
  const [ann, bob, twin] = [keyOf('usr_ann'), keyOf('usr_bob'), keyOf('usr_ann', 'org_b')]
  for (const key of [ann, bob, twin]) put(key)
  cache.doubt('org_a', 'usr_ann')
  assert.deepEqual([has(ann), has(bob), has(twin)], [false, true, true])
  put(ann)
  clock.advance(maxAgeMs - 1)
  put(ann)
  assert.ok(!has(ann))
  clock.advance(1)
  put(ann)
  assert.ok(has(ann))
})

test('what was read before a doubt, or before everything was forgotten, is not kept', () => {
  const { cache, has } = make()
  const ann = keyOf('usr_ann')
  for (const happen of [() => cache.doubt('org_a', 'usr_other'), () => cache.forgetAll()]) {
    const generation = cache.generation()
    happen()
    cache.put(ann, true, generation)
    assert.ok(!has(ann))
  }
})

test('while the bus is not healthy, keys of subjects are neither used nor kept; organisations’ keys are', () => {
  const { cache, bus, put, has } = make()
  const [ann, tenant, late] = [keyOf('usr_ann'), keyOf(null), keyOf('usr_late')]
  put(ann)
  put(tenant)
  bus.healthy = () => false
  put(late)
  assert.deepEqual([has(ann), has(tenant)], [false, true])
  bus.healthy = () => true
  assert.ok(!has(late))
  cache.forgetAll()
  assert.deepEqual([has(ann), has(tenant)], [false, false])
})

test('more doubts than it remembers make it doubt everybody', () => {
  const { cache, put, has, clock } = make()
  for (let i = 0; i < maxCachedKeys; i++) cache.doubt('org_a', `usr_${i}`)
  const ann = keyOf('usr_ann')
  put(ann)
  assert.ok(has(ann))
  cache.doubt('org_a', 'usr_one_more')
  assert.ok(!has(ann))
  clock.advance(maxAgeMs)
  put(ann)
  assert.ok(has(ann))
})

test('an older version that was read to open something does not become the current one', () => {
  const { cache } = make()
  const [old, current] = [keyOf('usr_ann'), keyOf('usr_ann')]
  cache.put(current, true, cache.generation())
  cache.put(old, false, cache.generation())
  assert.equal(cache.current(scopeText(old.scope)), current)
  assert.equal(cache.byId(old.id), old)
})
