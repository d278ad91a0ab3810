import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { keepingLog } from '../telemetry/testing.ts'
import { ProvenBus } from './proven-bus.ts'

/** A bus on a medium that carries frames only when it is told to, and a clock that both agree on. */
async function openHeld(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const held: string[] = []
  let nowMs = 1_000
  let opened = 0
  let receive: (frame: string) => void = () => {}
  let lose: () => void = () => {}
  let carrying = true
  let failing = false
  const sent: string[] = []
  const opening = ProvenBus.open({
    name: 'a held bus',
    log: keepingLog().log,
    nowMs: () => nowMs,
    async open(hear, lost) {
      opened += 1
      receive = hear
      lose = lost
      return {
        async send(frame) {
          if (failing) throw new Error('not sent')
          sent.push(frame)
          if (carrying) queueMicrotask(() => hear(frame))
          else held.push(frame)
        },
        close() {},
      }
    },
  })
  const bus = await opening
  return {
    bus,
    held,
    sent,
    fail(yes: boolean) {
      failing = yes
    },
    receive: (frame: string) => receive(frame),
    lose: () => lose(),
    opened: () => opened,
    hold(yes: boolean) {
      carrying = !yes
    },
    /** In steps of the beats, so that each is sent at its own time. */
    async advance(ms: number) {
      for (let passed = 0; passed < ms; passed += 100) {
        nowMs += 100
        t.mock.timers.tick(100)
        await Promise.resolve()
        await Promise.resolve()
      }
    },
  }
}

test('health lasts two seconds from when the proving beat was sent, not from when it came back', async (t) => {
  const { bus, hold, advance, held, receive } = await openHeld(t)
  hold(true)
  await advance(500)
  await advance(1_400)
  assert.equal(bus.healthy(), true)
  // Sent at 500 ms, back at 1,900 ms.
  receive(held[0] as string)
  await advance(500)
  assert.equal(bus.healthy(), true)
  await advance(100)
  assert.equal(bus.healthy(), false)
})

test('beats that come back keep it healthy for ever, without a gap', async (t) => {
  const { bus, advance } = await openHeld(t)
  let gaps = 0
  bus.onGap(() => {
    gaps += 1
  })
  await advance(60_000)
  assert.equal(bus.healthy(), true)
  assert.equal(gaps, 0)
})

test('a pause without a loss is a gap too, told before health is back', async (t) => {
  const { bus, hold, advance } = await openHeld(t)
  const told: boolean[] = []
  bus.onGap(() => told.push(bus.healthy()))
  hold(true)
  await advance(3_000)
  assert.equal(bus.healthy(), false)
  hold(false)
  await advance(500)
  assert.equal(bus.healthy(), true)
  assert.deepEqual(told, [false])
})

test('an old beat that arrives late, or twice, proves nothing', async (t) => {
  const { bus, hold, advance, held, receive } = await openHeld(t)
  hold(true)
  await advance(3_000)
  for (const beat of [held[0], held[0]] as string[]) receive(beat)
  assert.equal(bus.healthy(), false)
})

test('a beat from the future, or of another process, proves nothing', async (t) => {
  const { bus, hold, advance, held, receive } = await openHeld(t)
  hold(true)
  await advance(3_000)
  const [sender, topic] = (held[0] as string).split(' ') as [string, string]
  for (const text of ['999999999', 'NaN', 'Infinity', '', '-1']) receive(`${sender} ${topic} ${text}`)
  receive(`${'b'.repeat(26)} ${topic} 4000`)
  assert.equal(bus.healthy(), false)
})

test('a beat of the connection before proves nothing about this one', async (t) => {
  const { bus, hold, advance, held, receive, lose, opened } = await openHeld(t)
  hold(true)
  await advance(500)
  lose()
  assert.equal(bus.healthy(), false)
  await advance(200)
  assert.equal(opened(), 2)
  receive(held[0] as string)
  assert.equal(bus.healthy(), false)
  receive(held.at(-1) as string)
  assert.equal(bus.healthy(), true)
})

test('a connection that carries nothing for five seconds is given up for a new one', async (t) => {
  const { hold, advance, opened } = await openHeld(t)
  hold(true)
  await advance(4_900)
  assert.equal(opened(), 1)
  await advance(1_000)
  assert.equal(opened(), 2)
})

test('what could not be said is admitted to the others as soon as the medium works, once', async (t) => {
  const { bus, sent, fail, advance } = await openHeld(t)
  const losses = () => sent.filter((frame) => frame.split(' ')[1] === 'bus.loss').length
  await bus.publish('x', 'fine')
  await advance(1_000)
  assert.equal(losses(), 0)
  fail(true)
  await assert.rejects(bus.publish('x', 'unheard'))
  await advance(1_000)
  fail(false)
  await advance(2_000)
  assert.equal(losses(), 1)
})

test('who could not say something trusts no cache until a gap was told here too, before health is back', async (t) => {
  const { bus, fail, advance } = await openHeld(t)
  const healthyInGap: boolean[] = []
  bus.onGap(() => healthyInGap.push(bus.healthy()))
  await advance(500)
  fail(true)
  const saying = assert.rejects(bus.publish('x', 'unheard'))
  await Promise.resolve()
  assert.equal(bus.healthy(), false)
  fail(false)
  await advance(500)
  assert.deepEqual(healthyInGap, [false])
  assert.equal(bus.healthy(), true)
  await advance(60_000)
  await saying
  assert.deepEqual(healthyInGap, [false])
})

test('publish waits for a process that is there and silent, and no longer than that one can trust its cache', async (t) => {
  const { bus, receive, advance } = await openHeld(t)
  let resolved = false
  receive(`${'b'.repeat(26)} bus.beat 1`)
  const said = bus.publish('x', 'y').then(() => {
    resolved = true
  })
  await advance(1_900)
  assert.equal(resolved, false)
  await advance(200)
  await said
})

test('publish waits for nobody who said that they leave', async (t) => {
  const { bus, receive, advance } = await openHeld(t)
  const [gone, going] = ['b'.repeat(26), 'c'.repeat(26)]
  receive(`${gone} bus.beat 1`)
  receive(`${gone} bus.leave `)
  receive(`${going} bus.beat 1`)
  const said = bus.publish('x', 'y')
  await advance(100)
  receive(`${going} bus.leave `)
  await said
})

test('who closes trusts nothing any more, and then says so once, after all else', async (t) => {
  const { bus, sent, receive, advance } = await openHeld(t)
  await bus.publish('x', 'y')
  const closing = bus.close()
  assert.equal(bus.healthy(), false)
  await Promise.all([closing, bus.close()])
  receive(`${'b'.repeat(26)} bus.ask 7`)
  await advance(1_000)
  assert.deepEqual(
    sent.map((frame) => frame.split(' ')[1]).filter((topic) => topic === 'bus.leave' || topic === 'bus.heard'),
    ['bus.leave'],
  )
  assert.equal(sent.at(-1)?.split(' ')[1], 'bus.leave')
})

test('who can’t say that they leave leaves all the same', async (t) => {
  const { bus, fail } = await openHeld(t)
  fail(true)
  await bus.close()
  assert.equal(bus.healthy(), false)
})

test('a question is answered to whoever asked, and one that is no question is not', async (t) => {
  const { receive, sent } = await openHeld(t)
  const asker = 'b'.repeat(26)
  receive(`${asker} bus.ask ${'9'.repeat(100)}`)
  receive(`${asker} bus.ask 7`)
  const answers = sent.filter((frame) => frame.split(' ')[1] === 'bus.heard')
  assert.deepEqual(
    answers.map((frame) => frame.split(' ').slice(2)),
    [[asker, '7']],
  )
})

test('the admitted loss of another process is a gap here', async (t) => {
  const { bus, receive } = await openHeld(t)
  let gaps = 0
  bus.onGap(() => {
    gaps += 1
  })
  receive(`${'b'.repeat(26)} bus.loss `)
  assert.equal(gaps, 1)
  assert.equal(bus.healthy(), true)
})

test('a medium that carries nothing does not open', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let closed = 0
  const opening = ProvenBus.open({
    name: 'a mute bus',
    log: keepingLog().log,
    nowMs: () => 1_000,
    open: async () => ({
      send: async () => {},
      close() {
        closed += 1
      },
    }),
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(5_000)
  await assert.rejects(opening, /carries no message/)
  assert.equal(closed, 1)
})
