import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Cache } from './cache.ts'

export type CacheUnderTest = {
  /** Two clients of one store, as two processes would hold; one twice, where the store is this process. */
  readonly caches: readonly [Cache, Cache]
  /** Moves the time of the store. */
  pass(seconds: number): Promise<void>
  close(): Promise<void>
}

/** What every cache promises. Run by one test file for each store. */
export function cacheContract(name: string, skip: string | false, open: () => Promise<CacheUnderTest>): void {
  let store: CacheUnderTest
  let a: Cache
  let b: Cache
  const promise = (title: string, run: () => Promise<void>) => test(`${name}: ${title}`, { skip }, run)
  const everybody = <T>(run: (cache: Cache, index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: 50 }, (_, index) => run(index % 2 === 0 ? a : b, index)))

  before(async () => {
    if (skip !== false) return
    store = await open()
    ;[a, b] = store.caches
  })
  after(() => store?.close())

  promise('what one client sets, the other gets', async () => {
    await a.set('said', 'ümlaut \0 🔑', 60)
    assert.equal(await b.get('said'), 'ümlaut \0 🔑')
  })

  promise('what was never set, or was deleted, is null', async () => {
    await a.set('gone', '1', 60)
    await b.delete('gone')
    assert.equal(await a.get('gone'), null)
    assert.equal(await a.get('never'), null)
    assert.equal(await a.take('never'), null)
    await a.delete('never')
  })

  promise('an empty value is a value, not an absence', async () => {
    await a.set('empty', '', 60)
    assert.equal(await b.setIfAbsent('empty', 'other', 60), false)
    assert.equal(await b.take('empty'), '')
  })

  // Long times, so that what a slow machine takes between two steps is none of them.
  promise('an entry is gone when its time is over, and not before', async () => {
    await a.set('brief', '1', 600)
    await store.pass(540)
    assert.equal(await b.get('brief'), '1')
    await store.pass(60)
    assert.equal(await b.get('brief'), null)
    assert.equal(await b.take('brief'), null)
  })

  promise('setting again renews the time, a lost setIfAbsent does not', async () => {
    await a.set('renewed', '1', 600)
    await store.pass(300)
    await a.set('renewed', '2', 600)
    assert.equal(await b.setIfAbsent('renewed', '3', 3_600), false)
    await store.pass(540)
    assert.equal(await b.get('renewed'), '2')
    await store.pass(60)
    assert.equal(await b.setIfAbsent('renewed', '4', 60), true)
    assert.equal(await a.get('renewed'), '4')
  })

  promise(
    'a count is one for everybody, loses nobody, and begins anew when its time is over, not when it is added to',
    async () => {
      const counted = await everybody((cache) => cache.count('counted', 600))
      assert.deepEqual(
        counted.toSorted((one, other) => one - other),
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      await store.pass(540)
      assert.equal(await b.count('counted', 600), 51)
      assert.equal(await a.get('counted'), '51')
      await store.pass(60)
      assert.equal(await a.get('counted'), null)
      assert.equal(await b.count('counted', 600), 1)
      await a.delete('counted')
      assert.equal(await a.count('counted', 600), 1)
      await a.set('a word', 'word', 600)
      await assert.rejects(a.count('a word', 10))
      for (const perSeconds of [0, -1, 1.5, 86_401]) await assert.rejects(a.count('counted', perSeconds), RangeError)
      await assert.rejects(a.count('', 10), RangeError)
    },
  )

  promise('of 50 who claim one key at once, through two clients, exactly one wins', async () => {
    const won = await everybody((cache, index) => cache.setIfAbsent('claimed', String(index), 60))
    assert.equal(won.filter((one) => one).length, 1)
    assert.equal(await a.get('claimed'), String(won.indexOf(true)))
  })

  promise('of 50 who take one value at once, through two clients, exactly one gets it', async () => {
    await a.set('single-use', 'code', 60)
    const taken = await everybody((cache) => cache.take('single-use'))
    assert.deepEqual(
      taken.filter((one) => one !== null),
      ['code'],
    )
  })

  promise('of 50 who spend a budget of seven at once, exactly seven are allowed', async () => {
    const answers = await everybody((cache) => cache.spend('rush', 7, 3_600))
    assert.equal(answers.filter((one) => one.allowed).length, 7)
    const left = answers.filter((one) => one.allowed).map((one) => one.remaining)
    assert.deepEqual(
      left.sort((x, y) => x - y),
      [0, 1, 2, 3, 4, 5, 6],
    )
  })

  promise('a budget comes back share by share, and who waits as told is allowed', async () => {
    for (let spent = 0; spent < 3; spent += 1) assert.equal((await a.spend('slow', 3, 300)).allowed, true)
    const refused = await b.spend('slow', 3, 300)
    assert.deepEqual({ ...refused, retryAfterSeconds: 0 }, { allowed: false, remaining: 0, retryAfterSeconds: 0 })
    assert.ok(refused.retryAfterSeconds > 95 && refused.retryAfterSeconds <= 100)
    await store.pass(90)
    assert.equal((await a.spend('slow', 3, 300)).allowed, false)
    await store.pass(10)
    assert.deepEqual(await b.spend('slow', 3, 300), { allowed: true, remaining: 0, retryAfterSeconds: 0 })
    await store.pass(300)
    assert.deepEqual(await a.spend('slow', 3, 300), { allowed: true, remaining: 2, retryAfterSeconds: 0 })
  })

  promise('budgets and values of one name are apart', async () => {
    await a.set('both', 'text', 60)
    assert.equal((await a.spend('both', 2, 60)).allowed, true)
    assert.equal(await a.take('both'), 'text')
    assert.deepEqual(await a.spend('both', 2, 60), { allowed: true, remaining: 0, retryAfterSeconds: 0 })
  })

  promise('what is out of bounds is refused, in words that hold neither key nor value', async () => {
    const refused = (run: Promise<unknown>) =>
      assert.rejects(run, (error: Error) => error instanceof RangeError && !error.message.includes('hidden'))
    for (const key of ['', 'hidden'.repeat(100), 'hidden\ud800']) {
      await refused(a.get(key))
      await refused(a.set(key, '1', 60))
      await refused(a.setIfAbsent(key, '1', 60))
      await refused(a.take(key))
      await refused(a.delete(key))
      await refused(a.spend(key, 1, 1))
    }
    for (const value of ['hidden'.repeat(11_000), 'hidden\udc00']) await refused(a.set('hidden', value, 60))
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 86_401]) {
      await refused(a.set('hidden', '1', wrong))
      await refused(a.setIfAbsent('hidden', '1', wrong))
      await refused(a.spend('hidden', 1, wrong))
    }
    for (const burst of [0, -1, 1.5, 1_000_001]) await refused(a.spend('hidden', burst, 60))
    assert.equal(await a.get('hidden'), null)
  })

  promise('the largest value comes back whole', async () => {
    const value = 'é'.repeat(65_536)
    await a.set('large', value, 60)
    assert.equal(await b.get('large'), value)
  })

  promise('a closed client refuses every call, and may be closed twice', async () => {
    await b.close()
    await b.close()
    await assert.rejects(b.get('any'))
    await assert.rejects(b.setIfAbsent('any', '1', 1))
    await assert.rejects(b.spend('any', 1, 1))
  })
}
