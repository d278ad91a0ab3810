import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { after, before, test } from 'node:test'
import type { Bus } from './cache.ts'
import { eventually } from './testing.ts'

export type BusesUnderTest = {
  /** As two processes would hold them. */
  readonly buses: readonly [Bus, Bus]
  /** Cuts every connection; the medium itself is there again at once. Absent where nothing can be cut. */
  cut?(): Promise<void>
  close(): Promise<void>
}

/** What every bus promises. Run by one test file for each medium. */
export function busContract(name: string, skip: string | false, open: () => Promise<BusesUnderTest>): void {
  let medium: BusesUnderTest
  let a: Bus
  let b: Bus
  const promise = (title: string, run: (t: TestContext) => Promise<void>) => test(`${name}: ${title}`, { skip }, run)
  const heard = (bus: Bus, topic: string) => {
    const messages: string[] = []
    return { messages, end: bus.subscribe(topic, (message) => messages.push(message)) }
  }

  before(async () => {
    if (skip !== false) return
    medium = await open()
    ;[a, b] = medium.buses
  })
  after(() => medium?.close())

  promise('it is healthy when it opens', async () => {
    assert.equal(a.healthy(), true)
    assert.equal(b.healthy(), true)
  })

  promise('a message reaches every process once, the sender before publish resolves', async () => {
    const [own, other] = [heard(a, 'said'), heard(b, 'said')]
    await a.publish('said', 'first ümlaut 🔑 with spaces\nand lines')
    assert.deepEqual(own.messages, ['first ümlaut 🔑 with spaces\nand lines'])
    await eventually(() => other.messages.length === 1)
    await b.publish('said', 'back')
    await eventually(() => own.messages.length === 2)
    assert.deepEqual(own.messages, other.messages)
    own.end()
    other.end()
  })

  promise('when publish resolves, every process has heard', async () => {
    for (let round = 0; round < 50; round++) {
      const [from, to] = round % 2 === 0 ? [a, b] : [b, a]
      const other = heard(to, 'heard')
      await from.publish('heard', String(round))
      assert.deepEqual(other.messages, [String(round)])
      other.end()
    }
  })

  promise('what one sender says stays in order', async () => {
    const other = heard(b, 'order')
    const sent = Array.from({ length: 1_000 }, (_, index) => String(index))
    await Promise.all(sent.map((message) => a.publish('order', message)))
    await eventually(() => other.messages.length === sent.length)
    assert.deepEqual(other.messages, sent)
    other.end()
  })

  promise('what is said several times at once is heard as often', async () => {
    const other = heard(b, 'again')
    await Promise.all(['one', 'same', 'same', 'two', 'same'].map((message) => a.publish('again', message)))
    await eventually(() => other.messages.length === 5)
    assert.deepEqual(other.messages, ['one', 'same', 'same', 'two', 'same'])
    other.end()
  })

  promise('topics are apart, and who has unsubscribed hears nothing', async () => {
    const [left, gone, twice] = [heard(b, 'left'), heard(b, 'right'), heard(b, 'right')]
    gone.end()
    gone.end()
    await a.publish('right', 'to the right')
    await eventually(() => twice.messages.length === 1)
    assert.deepEqual([left.messages, gone.messages], [[], []])
    left.end()
    twice.end()
  })

  promise('a listener that throws keeps nobody else from hearing, nor the sender from sending', async () => {
    const end = a.subscribe('fragile', () => {
      throw new Error('broken listener')
    })
    const [own, other] = [heard(a, 'fragile'), heard(b, 'fragile')]
    await a.publish('fragile', 'x')
    assert.deepEqual(own.messages, ['x'])
    await eventually(() => other.messages.length === 1)
    for (const stop of [end, own.end, other.end]) stop()
  })

  promise('an empty message is a message', async () => {
    const other = heard(b, 'empty')
    await a.publish('empty', '')
    await eventually(() => other.messages.length === 1)
    other.end()
  })

  promise('the largest message arrives whole, and one byte more is refused and reaches nobody', async () => {
    const largest = 'é'.repeat((7_900 - 26 - 1 - 'size'.length - 1 - 'e'.length + 1) / 2)
    const [own, other] = [heard(a, 'size'), heard(b, 'size')]
    await assert.rejects(a.publish('size', `${largest}x`), RangeError)
    await assert.rejects(a.publish('size', 'x'.repeat(1_000_000)), RangeError)
    await a.publish('size', largest)
    await eventually(() => other.messages.length === 1)
    assert.deepEqual([own.messages, other.messages], [[largest], [largest]])
    own.end()
    other.end()
  })

  promise('what a medium could not carry is refused', async () => {
    for (const topic of ['', 'Upper', 'with space', 'a'.repeat(65), 'ü', 'a\nb']) {
      await assert.rejects(a.publish(topic, 'x'), RangeError)
    }
    for (const message of ['nul \0', 'half \ud800']) await assert.rejects(a.publish('fine', message), RangeError)
  })

  promise('after a cut it says that messages may be missing, and is healthy again by itself', async (t) => {
    if (medium.cut === undefined) {
      t.skip('nothing can be cut')
      return
    }
    const healthyInGap: [boolean[], boolean[]] = [[], []]
    const ends = [a, b].map((bus, i) => bus.onGap(() => healthyInGap[i]?.push(bus.healthy())))
    await medium.cut()
    // Of both: one may be open again before the other has heard that it was cut.
    await eventually(() => healthyInGap.every((told) => told.length > 0) && a.healthy() && b.healthy())
    // Whoever forgets in `onGap` has forgotten before anybody may trust what was cached.
    assert.ok(healthyInGap.flat().every((healthy) => !healthy))
    const other = heard(b, 'later')
    await a.publish('later', 'x')
    await eventually(() => other.messages.length === 1)
    for (const end of ends) end()
    other.end()
  })

  promise('a closed bus is not healthy, says nothing and hears nothing', async () => {
    const [own, other] = [heard(a, 'closed'), heard(b, 'closed')]
    await a.close()
    await a.close()
    assert.equal(a.healthy(), false)
    await assert.rejects(a.publish('closed', 'x'))
    await b.publish('closed', 'y')
    assert.deepEqual([own.messages, other.messages], [[], ['y']])
  })
}
