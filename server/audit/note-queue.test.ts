import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frozenClock } from '../platform/clock.ts'
import type { Event } from '../platform/events/event.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { NewEntry } from './entry.ts'
import { makeEntry } from './entry.ts'
import { capacity, NoteQueue } from './note-queue.ts'
import { memoryKeyring, testEvent } from './testing.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** A queue over a store that can be made to fail. */
function openQueue() {
  const keyring = memoryKeyring()
  const store = new Map<string, NewEntry>()
  const state = { failing: 0, lost: 0, writes: [] as number[], beforeWrite: () => {}, afterWrite: () => {} }
  let number = 0
  const queue = new NoteQueue({
    make: (event, id, atMs) => makeEntry(keyring, event, id, atMs),
    async write(entries) {
      state.beforeWrite()
      if (state.failing > 0) {
        state.failing--
        throw new Error('the database is away')
      }
      state.writes.push(entries.length)
      // As the ledger does it: what is there stays as it is.
      for (const entry of entries) if (!store.has(entry.entryId)) store.set(entry.entryId, entry)
      state.afterWrite()
    },
    newId: () => `evt_${number++}`,
    clock: frozenClock(),
    log: silent,
    onLost: (count) => {
      state.lost += count
    },
  })
  const bodies = () =>
    [...store.values()].map(
      ({ body }) => JSON.parse(body.toString()) as { type: string; data: Record<string, unknown> },
    )
  const gaps = () =>
    bodies()
      .filter(({ type }) => type === 'audit.gap.noticed')
      .map(({ data }) => data.lost)
  const add = (count: number, event: Event = testEvent()) => {
    for (let i = 0; i < count; i++) queue.add(event)
  }
  return { queue, state, bodies, gaps, add }
}

test('many events are written few at a time, in their order, none twice', async () => {
  const { queue, state, bodies, add } = openQueue()
  for (let i = 0; i < 700; i++) add(1, testEvent({ data: { i } }))
  assert.equal(await queue.drain(), true)
  assert.deepEqual(state.writes, [256, 256, 188])
  assert.deepEqual(
    bodies().map(({ data }) => data.i),
    Array.from({ length: 700 }, (_, i) => i),
  )
  await queue.close()
})

test('what does not fit is counted, and told in the ledger as one gap', async () => {
  const { queue, state, bodies, gaps, add } = openQueue()
  add(capacity + 25)
  assert.equal(queue.length(), capacity)
  assert.equal(state.lost, 25)
  await queue.drain()
  assert.deepEqual(gaps(), [25])
  assert.equal(bodies().length, capacity + 1)
  await queue.close()
})

test('what is lost while a gap is being written is told by the next one', async () => {
  const { queue, state, gaps, add } = openQueue()
  add(capacity + 1)
  state.beforeWrite = () => {
    state.beforeWrite = () => {}
    add(3)
  }
  await queue.drain()
  assert.deepEqual(gaps(), [1, 3])
  await queue.close()
})

test('a gap whose commit was not answered stands once, and what was lost meanwhile is told by the next one', async () => {
  const { queue, state, gaps, add } = openQueue()
  add(capacity + 2)
  state.afterWrite = () => {
    state.afterWrite = () => {}
    add(3)
    throw new Error('the connection went away')
  }
  assert.equal(await queue.drain(), false)
  assert.equal(await queue.drain(), true)
  assert.deepEqual(gaps(), [2, 3])
  assert.equal(state.lost, 5)
  await queue.close()
})

test('so does one that tells of events that could not be made, whatever joins them before it is written again', async () => {
  const { queue, state, bodies, gaps, add } = openQueue()
  const large = testEvent({ data: { text: 'x'.repeat(40_000) } })
  add(1)
  add(1, large)
  state.afterWrite = () => {
    state.afterWrite = () => {}
    add(1, large)
    throw new Error('the connection went away')
  }
  assert.equal(await queue.drain(), false)
  assert.equal(await queue.drain(), true)
  assert.deepEqual(gaps(), [1, 1])
  assert.equal(bodies().length, 3)
  assert.equal(state.lost, 2)
  await queue.close()
})

test('events outlive a short absence of the database', async () => {
  const { queue, state, bodies, gaps, add } = openQueue()
  add(10)
  state.failing = 5
  for (let attempt = 0; attempt < 5; attempt++) assert.equal(await queue.drain(), false)
  assert.equal(await queue.drain(), true)
  assert.equal(bodies().length, 10)
  assert.deepEqual(gaps(), [])
  assert.equal(state.lost, 0)
  await queue.close()
})

test('events that cannot be written for long are given up, counted, and told later', async () => {
  const { queue, state, bodies, gaps, add } = openQueue()
  add(10)
  state.failing = 32
  for (let attempt = 0; attempt < 32; attempt++) assert.equal(await queue.drain(), false)
  assert.equal(state.lost, 10)
  assert.equal(queue.length(), 0)
  assert.equal(await queue.drain(), true)
  assert.deepEqual(gaps(), [10])
  assert.equal(bodies().length, 1)
  await queue.close()
})

test('an event that cannot be made into an entry costs no other', async () => {
  const { queue, state, bodies, gaps, add } = openQueue()
  add(2)
  add(1, testEvent({ data: { text: 'x'.repeat(40_000) } }))
  add(2)
  assert.equal(await queue.drain(), true)
  assert.equal(bodies().length, 5)
  assert.deepEqual(gaps(), [1])
  assert.equal(state.lost, 1)
  add(1, testEvent({ data: { when: new Date() } }))
  add(1)
  for (let attempt = 0; attempt < 8; attempt++) assert.equal(await queue.drain(), false)
  assert.equal(await queue.drain(), true)
  assert.equal(state.lost, 2)
  await queue.close()
})

test('closing writes what waits; afterwards nothing is taken', async () => {
  const { queue, state, bodies, add } = openQueue()
  add(3)
  await queue.close()
  assert.equal(bodies().length, 3)
  add(1)
  assert.equal(state.lost, 1)
})

test('closing without a database ends, and counts what is lost', async () => {
  const { queue, state, add } = openQueue()
  add(3)
  state.failing = 1_000
  await queue.close()
  assert.equal(state.lost, 3)
})
