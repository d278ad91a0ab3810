import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import { frozenClock } from '../platform/clock.ts'
import { isRefusal } from '../platform/errors.ts'
import { systemRandom } from '../platform/random.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { Try } from './guesses.ts'
import { Guesses } from './guesses.ts'

const minute = 60_000
const owner = '192.0.2.7'
const password: Try = { kind: 'password', known: false }
const code: Try = { kind: 'code', known: false }
const atHome: Try = { kind: 'password', known: true }

function start() {
  const clock = frozenClock()
  const cache = new MemoryCache({ clock })
  const { log } = keepingLog()
  const guesses = new Guesses({ cache, clock, random: systemRandom, log })
  /** @returns seconds to wait; 0 where it may be looked at. */
  const wait = async (account: string, address: string, made?: Try): Promise<number> => {
    try {
      await guesses.spend(account, address, made)
      return 0
    } catch (error) {
      assert.ok(isRefusal(error, 'IDENTITY_TOO_MANY_TRIES'))
      return error.details.retryAfterSeconds as number
    }
  }
  return { clock, guesses, wait }
}

const net = (n: number) => `10.${Math.floor(n / 250)}.${n % 250}.1`

test('500 networks at one account get a few tries, and its owner signs in at once from a known device', async () => {
  const { clock, guesses, wait } = start()
  let looked = 0
  for (let n = 0; n < 500; n++) if ((await wait('ada', net(n), password)) === 0) looked += 1
  assert.equal(looked, 15)
  assert.equal(await wait('ada', owner, atHome), 0)
  // Under way for a day, with a try from each network every 10 minutes.
  for (let round = 0; round < 144; round++) {
    clock.advance(10 * minute)
    for (let n = 0; n < 500; n += 10) if ((await wait('ada', net(n), password)) === 0) looked += 1
  }
  assert.ok(looked <= 15 + 150 + 150, `${looked} of 7700 tries`)
  assert.equal(await wait('ada', owner, atHome), 0)
  await guesses.forgive('ada', owner)
  assert.equal(await wait('ada', owner, password), 0, 'and from a network where it lately succeeded')
})

test('a network from which the account was signed in does not wait for strangers, and other networks do', async () => {
  const { wait, guesses } = start()
  await guesses.forgive('ada', owner)
  for (let n = 0; n < 40; n++) await wait('ada', net(n), password)
  assert.ok((await wait('ada', '203.0.113.4', password)) > 0)
  assert.equal(await wait('ada', owner, password), 0)
})

test('a good network is good for its account alone, and its own tries are still counted', async () => {
  const { wait, guesses } = start()
  await guesses.forgive('ada', owner)
  for (let n = 0; n < 40; n++) await wait('bea', net(n), password)
  assert.ok((await wait('bea', owner, password)) > 0)
  for (let n = 0; n < 5; n++) assert.equal(await wait('ada', owner, password), 0)
  assert.ok((await wait('ada', owner, password)) > 0)
})

test('a known device is not slowed by strangers on its own network, and may not guess for ever itself', async () => {
  const { wait } = start()
  for (let n = 0; n < 60; n++) await wait(n % 2 ? 'ada' : `other-${n}`, owner, password)
  assert.ok((await wait('ada', owner, password)) > 0)
  for (let n = 0; n < 5; n++) assert.equal(await wait('ada', owner, atHome), 0)
  assert.ok((await wait('ada', owner, atHome)) > 0)
  assert.ok((await wait('ada', '203.0.113.99', atHome)) > 0, 'another network gives it no more')
})

test('the wait for strangers grows with their tries', async () => {
  const { clock, wait } = start()
  const waits: number[] = []
  for (let n = 0; n < 400; n++) {
    const seconds = await wait('ada', net(n), password)
    waits.push(seconds)
    clock.advance(seconds * 1_000)
  }
  const longest = (from: number, to: number) => Math.max(...waits.slice(from, to))
  assert.equal(longest(0, 15), 0)
  assert.ok(longest(15, 40) <= 20, `${longest(15, 40)}`)
  assert.ok(longest(60, 150) >= 80, `${longest(60, 150)}`)
  assert.ok(longest(300, 400) >= 500, `${longest(300, 400)}`)
})

test('who has worked for a try does not wait for those who have not, and is counted, too', async () => {
  const { wait } = start()
  for (let n = 0; n < 40; n++) await wait('ada', net(n), password)
  assert.ok((await wait('ada', net(900), password)) > 0)
  let looked = 0
  for (let n = 1_000; n < 1_400; n++) if ((await wait('ada', net(n), { ...password, worked: true })) === 0) looked += 1
  assert.equal(looked, 150)
})

test('passwords and codes are counted apart, for the pair, the network and the account', async () => {
  const { wait } = start()
  for (let n = 0; n < 5; n++) assert.equal(await wait('ada', owner, code), 0)
  assert.ok((await wait('ada', owner, code)) > 0)
  assert.equal(await wait('ada', owner, password), 0)
  for (let n = 0; n < 60; n++) await wait(`list-${n}`, '203.0.113.5', password)
  assert.ok((await wait('bea', '203.0.113.5', password)) > 0)
  assert.equal(await wait('bea', '203.0.113.5', code), 0)
  for (let n = 0; n < 40; n++) await wait('cleo', net(n), code)
  assert.ok((await wait('cleo', net(90), code)) > 0)
  assert.equal(await wait('cleo', net(90), password), 0)
})

test('a list of names and passwords from one network is stopped, whoever it names', async () => {
  const { clock, wait } = start()
  let looked = 0
  for (let second = 0; second < 3_600; second++) {
    for (let n = 0; n < 2; n++) if ((await wait(`user-${second}-${n}`, '203.0.113.5')) === 0) looked += 1
    clock.advance(1_000)
  }
  assert.ok(looked <= 600, `${looked} of 7200 in the first hour`)
  assert.equal(await wait('user-1-1', owner), 0, 'another network goes on')
})

test('without a third argument a try is a stranger’s at a password', async () => {
  const { wait } = start()
  for (let n = 0; n < 5; n++) assert.equal(await wait('ada', owner), 0)
  assert.ok((await wait('ada', owner, password)) > 0)
})

test('a network that is spent uses up nothing of an account’s own', async () => {
  const { wait } = start()
  for (let n = 0; n < 500; n++) await wait('ada', '203.0.113.5', password)
  let looked = 0
  for (let n = 0; n < 40; n++) if ((await wait('ada', net(n), password)) === 0) looked += 1
  assert.equal(looked, 10, '15 without the five that one network had')
})

test('wrong tries are told by account, by network and in all, for an hour', async () => {
  const { clock, guesses } = start()
  assert.deepEqual(await guesses.failures('ada', owner), { account: 0, address: 0, everywhere: 0 })
  await guesses.failed('ada', owner)
  await guesses.failed('ada', net(1))
  await guesses.failed('bea', owner)
  assert.deepEqual(await guesses.failures('ada', owner), { account: 2, address: 2, everywhere: 3 })
  assert.deepEqual(await guesses.failures('cleo', net(2)), { account: 0, address: 0, everywhere: 3 })
  clock.advance(60 * minute + 1)
  assert.deepEqual(await guesses.failures('ada', owner), { account: 0, address: 0, everywhere: 0 })
})

test('whoever guesses slowly is counted as well, within the hour', async () => {
  const { clock, guesses } = start()
  for (let n = 1; n <= 10; n++) {
    await guesses.failed('ada', net(n))
    assert.equal((await guesses.failures('ada', owner)).account, n)
    clock.advance(5 * minute)
  }
  clock.advance(10 * minute)
  assert.equal((await guesses.failures('ada', owner)).account, 0)
})

test('wrong tries are counted up to a bound', async () => {
  const { guesses } = start()
  for (let n = 0; n < 10_050; n++) await guesses.failed('ada', owner)
  assert.equal((await guesses.failures('ada', owner)).account, 10_000)
})

test('while the shared store is lost each process counts for itself, and says so once', async () => {
  const clock = frozenClock()
  const shared = new MemoryCache({ clock })
  let lost = true
  const cache = new Proxy(shared, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (lost) throw new Error('lost')
        return value.apply(target, args)
      }
    },
  })
  const { log, lines } = keepingLog()
  const guesses = new Guesses({ cache, clock, random: systemRandom, log })
  const refused: unknown[] = []
  for (let i = 0; i < 40; i++) await guesses.spend('ada', owner, password).catch((error) => refused.push(error))
  assert.ok(refused.length > 20 && refused.every((error) => isRefusal(error, 'IDENTITY_TOO_MANY_TRIES')))
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn'],
  )
  lost = false
  for (let i = 0; i < 2; i++) await guesses.spend('eve', owner, password)
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'info'],
  )
})
