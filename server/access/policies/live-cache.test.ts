import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus } from '../../platform/cache/cache.ts'
import type { PolicySetJson } from './api.ts'
import type { LiveRow } from './live-cache.ts'
import { LiveCache, livePolicies, topic } from './live-cache.ts'
import { schemaOf } from './schema.ts'
import { builtIn, roleJson, source } from './testing.ts'

const schema = schemaOf(source)
const compiled = (id: string) => JSON.stringify({ staticPolicies: { [`policy/${id}`]: roleJson(id, ['ledger:read']) } })

/** A memory over a table that the test writes, and a bus that it can make deaf. */
function open() {
  const state = { healthy: true, live: null as LiveRow | null, reads: 0, whole: 0 }
  const listeners: ((message: string) => void)[] = []
  const gaps: (() => void)[] = []
  let answering: Promise<unknown> = Promise.resolve()
  const bus: Bus = {
    async publish(_topic, message) {
      for (const listener of listeners) listener(message)
    },
    subscribe(heard, listener) {
      assert.equal(heard, topic)
      listeners.push(listener)
      return () => {}
    },
    healthy: () => state.healthy,
    onGap(listener) {
      gaps.push(listener)
      return () => {}
    },
    async close() {},
  }
  const cache = new LiveCache(bus, schema, async (_organisationId, known) => {
    state.reads++
    const found = state.live
    await answering
    if (found?.number === known) return found?.number ?? null
    if (found !== null) state.whole++
    return found
  })
  return {
    state,
    cache,
    gap() {
      for (const listener of gaps) listener()
    },
    /** Answers are held back until the returned function is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      answering = promise
      return resolve
    },
    versionOf: async (organisationId = 'org_a') => (await cache.get(organisationId)).version,
  }
}

test('what was read before a change is not kept after it', async () => {
  const { state, cache, hold, versionOf } = open()
  const answer = hold()
  const early = cache.get('org_a')
  state.live = { number: 1, compiled: compiled('a') }
  await cache.announce('org_a')
  answer()
  assert.equal((await early).version, 0, 'it began before')
  assert.equal(await versionOf(), 1)
})

test('while the bus is not healthy nothing remembered is believed, and nothing is remembered', async () => {
  const { state, versionOf } = open()
  assert.equal(await versionOf(), 0)
  state.healthy = false
  state.live = { number: 1, compiled: compiled('a') }
  assert.equal(await versionOf(), 1)
  state.live = { number: 2, compiled: compiled('b') }
  assert.equal(await versionOf(), 2)
  state.healthy = true
  assert.equal(await versionOf(), 0, 'what was remembered before: the gap is what says that it is over')
})

test('after a gap everything is read again, and what is the same version is not compiled again', async () => {
  const { state, cache, gap, versionOf } = open()
  state.live = { number: 1, compiled: compiled('a') }
  const first = await cache.get('org_a')
  assert.equal(cache.get('org_a'), first)
  gap()
  assert.equal(await cache.get('org_a'), first)
  assert.deepEqual([state.reads, state.whole], [2, 1])
  state.live = null
  gap()
  assert.equal(await versionOf(), 0)
})

test('many who ask at once get one compiled version', async () => {
  const { state, cache, hold } = open()
  state.live = { number: 1, compiled: compiled('a') }
  const answer = hold()
  const asked = Promise.all(Array.from({ length: 20 }, () => cache.get('org_a')))
  answer()
  assert.equal(new Set(await asked).size, 1)
})

test('the memory is bounded, and each organisation has its own', async () => {
  const { state, cache } = open()
  for (let at = 0; at < 300; at++) {
    state.live = { number: at + 1, compiled: compiled('a') }
    await cache.get(`org_${at}`)
  }
  const { reads } = state
  for (let at = 0; at < 300; at++) await cache.get(`org_${at}`)
  assert.ok(state.reads - reads >= 200, String(state.reads - reads))
})

test('a version is compiled once beside the same built-in policies, and anew beside others', () => {
  const live = livePolicies(1, schema, JSON.parse(compiled('a')) as PolicySetJson)
  const first = live.compileWith(builtIn)
  assert.equal(live.compileWith(builtIn), first)
  assert.notEqual(live.compileWith({ ...builtIn }), first)
  assert.equal(first.size, Object.keys(builtIn.staticPolicies).length + 1)
})
