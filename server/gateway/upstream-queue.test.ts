import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal } from '../platform/errors.ts'
import { openTestGateway } from './testing.ts'
import type { Place } from './upstream-queue.ts'
import { UpstreamQueue } from './upstream-queue.ts'

const busy = (error: unknown) => isRefusal(error, 'GATEWAY_UPSTREAM_BUSY')

function fill() {
  let now = 0
  let refused = 0
  const queue = new UpstreamQueue(
    () => refused++,
    () => now,
  )
  const places = Array.from({ length: 64 }, () => queue.enter())
  assert.ok(places.every((one) => !(one instanceof Promise)))
  return {
    queue,
    places: places as Place[],
    advance: (ms: number) => {
      now += ms
    },
    refused: () => refused,
  }
}

test('a place that is given back goes to whoever has waited longest', async () => {
  const { queue, places } = fill()
  const order: string[] = []
  const waiting = ['first', 'second'].map(async (name) => {
    await queue.enter()
    order.push(name)
  })
  places[0]?.gone()
  await waiting[0]
  assert.deepEqual(order, ['first'])
  places[1]?.gone()
  await Promise.all(waiting)
  assert.deepEqual(order, ['first', 'second'])
})

test('a place is given back once, whatever comes after', () => {
  const { queue, places } = fill()
  for (let i = 0; i < 5; i++) {
    places[0]?.gone()
    places[0]?.answered()
    places[0]?.late()
  }
  assert.ok(!(queue.enter() instanceof Promise))
  const another = queue.enter()
  assert.ok(another instanceof Promise)
  places[1]?.gone()
})

test('when too many wait, one more is refused at once; and nobody overtakes those who wait', async () => {
  const { queue, places, refused } = fill()
  const waiting = Array.from({ length: 256 }, () => queue.enter() as Promise<Place>)
  assert.throws(() => queue.enter(), busy)
  assert.equal(refused(), 1)
  places[0]?.gone()
  const first = await waiting[0]
  assert.ok(queue.enter() instanceof Promise, 'the one that just came waits, too')
  first?.gone()
  await waiting[1]
})

test('whoever waits too long is refused, and those who came later wait on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { queue, advance, places } = fill()
  const early = queue.enter() as Promise<Place>
  advance(600)
  t.mock.timers.tick(600)
  const late = queue.enter() as Promise<Place>
  advance(400)
  t.mock.timers.tick(400)
  await assert.rejects(early, busy)
  places[0]?.gone()
  ;(await late).gone()
})

test('of bodies that still come one network has a quarter of the places, and all together half', () => {
  const queue = new UpstreamQueue(() => {})
  const places = Array.from({ length: 16 }, (_, i) => queue.enterArriving(`2001:db8:1:2::${i}`) as Place)
  assert.throws(() => queue.enterArriving('2001:db8:1:2::ff'), busy)
  for (let i = 0; i < 16; i++) assert.ok(!(queue.enterArriving('192.0.2.1') instanceof Promise))
  assert.throws(() => queue.enterArriving('192.0.2.2'), busy)
  assert.ok(!(queue.enter() instanceof Promise), 'whose body is whole is none of them')
  for (let i = 0; i < 3; i++) {
    places[0]?.arrived()
    places[0]?.gone()
  }
  // An answer that has begun gives the place back, and not the share: the body comes still.
  places[1]?.answered()
  assert.ok(!(queue.enterArriving('2001:db8:1:2::ff') instanceof Promise))
  assert.throws(() => queue.enterArriving('2001:db8:1:2::ff'), busy)
})

test('bodies that still come and find no place leave their share when they are refused', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { queue, advance, places } = fill()
  const arrive = () => queue.enterArriving('192.0.2.1') as Promise<Place>
  for (let round = 0; round < 3; round++) {
    const waiting = Array.from({ length: 16 }, arrive)
    assert.throws(arrive, busy)
    advance(1_000)
    t.mock.timers.tick(1_000)
    for (const one of waiting) await assert.rejects(one, busy)
  }
  for (let i = 0; i < 256; i++) void queue.enter()
  for (let i = 0; i < 20; i++) assert.throws(arrive, busy)
  for (const place of places) place.gone()
  assert.equal(await withinTick(arrive()), 'waits')
})

test('how long a body takes to come is no sign of a slow application, and how long it takes after that is', () => {
  /** @returns places that are free after some rounds, the first of which is fast. */
  const after = (arrivedMs: number, answeredMs: number, early = false) => {
    let now = 0
    const queue = new UpstreamQueue(
      () => {},
      () => now,
    )
    for (let round = 0; round < 4; round++) {
      const arriving = Array.from({ length: 16 }, (_, i) => queue.enterArriving(`192.0.2.${i}`) as Place)
      now += round === 0 ? 0 : arrivedMs
      if (!early) for (const place of arriving) place.arrived()
      const whole = Array.from({ length: 24 }, () => queue.enter())
      now += round === 0 ? 10 : answeredMs
      for (const place of arriving) place.answered()
      for (const place of arriving) place.arrived()
      for (const place of whole) if (!(place instanceof Promise)) place.gone()
    }
    let free = 0
    while (!(queue.enter() instanceof Promise)) free += 1
    return free
  }
  assert.ok(after(10_000, 10) >= 64)
  assert.ok(after(0, 10_000) < 64)
  assert.equal(after(10_000, 10, true), 64, 'an answer that begins before the body is whole says nothing')
})

test('through the gateway: an application that stands still is asked for so many, the others are told, and it is asked again', async (t) => {
  // Nobody gives up before what this waits for.
  const rules = [{ path: '/**', public: true }]
  const rig = await openTestGateway((upstream) => ({
    patient: { host: 'patient.localhost', upstream, timeoutSeconds: 60, permissions: {}, rules },
  }))
  t.after(() => rig.close())
  const get = () => rig.get('/read', { host: 'patient.localhost' })
  let asked = 0
  const held: (() => void)[] = []
  rig.behave = (_request, response) => {
    asked += 1
    held.push(() => void response.end('late'))
  }
  const all = Array.from({ length: 90 }, get)
  const told = (await Promise.all(all.slice(64).map((one) => one))).map(({ status, body }) => [
    status,
    JSON.parse(body).code,
  ])
  assert.deepEqual(new Set(told.map(String)), new Set(['503,GATEWAY_UPSTREAM_BUSY']))
  assert.equal(asked, 64)
  for (const answer of held) answer()
  assert.ok((await Promise.all(all.slice(0, 64))).every(({ status }) => status === 200))
  rig.behave = (_request, response) => void response.end('hello')
  assert.equal((await get()).status, 200)
})

const withinTick = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => 'goes'), new Promise((resolve) => setImmediate(resolve, 'waits'))])
