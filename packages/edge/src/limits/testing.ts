import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { rateOf } from './cell-rate.ts'
import type { Cell, CellStore } from './cell-store.ts'

export type Contract = {
  /** Two processes on one store; the same one twice where it is in process. */
  readonly stores: readonly [CellStore, CellStore]
  /** Lets the store's time pass. */
  pass(seconds: number): Promise<void>
  close(): Promise<void>
}

let names = 0
const cell = (burst: number, perSeconds: number, more: Partial<Cell> = {}): Cell => {
  const rate = rateOf(burst, perSeconds)
  return { pool: `p${++names}`, subject: '192.0.2.1', rate, lost: rate, ...more }
}

/** What every store of cells does alike. */
export function cellStoreContract(name: string, skip: string | false, open: () => Promise<Contract>): void {
  describe(`cells: ${name}`, { skip }, () => {
    let held: Contract
    before(async () => {
      held = await open()
    })
    after(async () => await held.close())
    const spend = async (...cells: Cell[]) => await held.stores[0].spend(cells)
    const spendOther = async (...cells: Cell[]) => await held.stores[1].spend(cells)

    test('a burst passes, one more waits, and time earns it back', async () => {
      const one = cell(3, 3_600)
      assert.deepEqual(await spend(one), { allowed: true, remaining: [2], waitsMs: [0] })
      await spend(one)
      assert.deepEqual((await spend(one)).remaining, [0])
      const refused = await spend(one)
      assert.equal(refused.allowed, false)
      const wait = refused.waitsMs[0] ?? 0
      assert.ok(wait > 1_150_000 && wait <= 1_200_000, `${wait}`)
      await held.pass(1_200)
      assert.equal((await spend(one)).allowed, true)
      assert.equal((await spend(one)).allowed, false)
    })

    test('two processes spend the same cell', async () => {
      const one = cell(2, 3_600)
      assert.equal((await spend(one)).allowed, true)
      assert.equal((await spendOther(one)).allowed, true)
      assert.equal((await spend(one)).allowed, false)
      assert.equal((await spendOther(one)).allowed, false)
    })

    test('of many at once exactly the burst passes', async () => {
      const one = cell(10, 3_600)
      const all = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? spend(one) : spendOther(one))))
      assert.equal(all.filter(({ allowed }) => allowed).length, 10)
    })

    test('all or none: what one cell refuses costs the others nothing', async () => {
      const scarce = cell(1, 3_600)
      const ample = cell(5, 3_600)
      assert.deepEqual(await spend(scarce, ample), { allowed: true, remaining: [0, 4], waitsMs: [0, 0] })
      for (let i = 0; i < 20; i++) assert.equal((await spend(ample, scarce)).allowed, false)
      assert.deepEqual((await spend(ample)).remaining, [3])
    })

    test('an attacker’s cell is never another’s, whatever is written into its subject', async () => {
      const one = cell(1, 3_600, { pool: 'a', subject: `b:${names}` })
      const other = cell(1, 3_600, { pool: 'a:b', subject: `${names - 1}` })
      assert.equal((await spend(one)).allowed, true)
      assert.equal((await spend(other)).allowed, true)
      assert.equal((await spend(one)).allowed, false)
    })

    test('what is only tried refuses nothing, and says when it would have', async () => {
      const tried = cell(1, 3_600, { tried: true })
      const real = cell(3, 3_600)
      assert.equal((await spend(tried, real)).allowed, true)
      const second = await spend(tried, real)
      assert.equal(second.allowed, true)
      assert.ok((second.waitsMs[0] ?? 0) > 0)
      assert.deepEqual(second.remaining, [0, 1])
    })

    test('what was refused spends nothing of what is only tried', async () => {
      const tried = cell(5, 3_600, { tried: true })
      const real = cell(1, 3_600)
      await spend(tried, real)
      for (let i = 0; i < 5; i++) await spend(tried, real)
      assert.deepEqual((await spend(tried)).remaining, [3])
    })

    test('a cost counts as often, and one above the burst never passes nor overflows', async () => {
      const one = cell(10, 86_400)
      assert.deepEqual((await spend({ ...one, cost: 7 })).remaining, [3])
      assert.equal((await spend({ ...one, cost: 4 })).allowed, false)
      assert.equal((await spend({ ...one, cost: 3 })).allowed, true)
      const never = await spend(cell(1, 86_400, { cost: 1_000_000 }))
      assert.equal(never.allowed, false)
      assert.deepEqual(never.waitsMs, [86_400_000])
    })

    test('the largest burst and the slowest rate are counted to the last one', async () => {
      // One is earned back in 86 ms, and the clock of a store that is elsewhere goes on: what a busy machine was too late for says nothing.
      for (let tries = 0; ; tries++) {
        const fast = cell(1_000_000, 86_400)
        const startedMs = performance.now()
        assert.deepEqual((await spend({ ...fast, cost: 999_999 })).remaining, [1])
        assert.equal((await spend(fast)).allowed, true)
        const { allowed } = await spend(fast)
        if (allowed && performance.now() - startedMs > 80 && tries < 100) continue
        assert.equal(allowed, false)
        break
      }
    })

    test('what no store takes is refused before anything is spent', async () => {
      const one = cell(5, 60)
      for (const wrong of [
        { ...one, cost: 0 },
        { ...one, cost: -1 },
        { ...one, cost: 1.5 },
        { ...one, cost: Number.NaN },
        { ...one, cost: 1_000_001 },
        { ...one, subject: 'x'.repeat(201) },
        { ...one, subject: '\ud800' },
      ])
        await assert.rejects(async () => await spend(one, wrong), RangeError)
      await assert.rejects(async () => await spend(...Array.from({ length: 17 }, () => one)), RangeError)
      assert.deepEqual((await spend(one)).remaining, [4])
    })

    test('nothing to spend is allowed', async () => {
      assert.deepEqual(await spend(), { allowed: true, remaining: [], waitsMs: [] })
    })
  })
}
