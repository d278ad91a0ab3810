import type { Rate } from './cell-rate.ts'
import { remainingAt, spentUntil, waitOf } from './cell-rate.ts'
import type { Cell, CellStore, Spent } from './cell-store.ts'
import { checkCells } from './cell-store.ts'
import { RecentMap } from './recent-map.ts'

type Held = { arrivalUs: number }

/**
 * Cells in this process alone, without a promise. Each pool is bounded by itself, so that a flood of strangers' addresses can't push out what
 * is counted elsewhere; what was not asked for lately goes first.
 */
export class MemoryCells implements CellStore {
  readonly #nowMs: () => number
  readonly #most: number
  readonly #pools = new Map<string, RecentMap<Held>>()

  /** @param most cells of each pool, 50,000 unless said. */
  constructor(nowMs: () => number, most = 50_000) {
    this.#nowMs = nowMs
    this.#most = most
  }

  spend(cells: readonly Cell[]): Spent {
    return this.spendAt(cells, rateOfCell)
  }

  /** @param rateFor which of a cell's rates counts. */
  spendAt(cells: readonly Cell[], rateFor: (cell: Cell) => Rate): Spent {
    checkCells(cells)
    const nowUs = Math.floor(this.#nowMs() * 1000)
    // Of their length from the start: an empty array that is pushed to takes room for seventeen.
    const held = new Array<Held | undefined>(cells.length)
    const remaining = new Array<number>(cells.length)
    const waitsMs = new Array<number>(cells.length)
    let allowed = true
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell
      const known = this.#pools.get(cell.pool)?.get(cell.subject)
      const waitUs = waitFor(known?.arrivalUs ?? 0, nowUs, rateFor(cell), cell.cost ?? 1)
      if (waitUs > 0 && cell.tried !== true) allowed = false
      held[i] = known
      waitsMs[i] = waitUs / 1000
    }
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell
      const rate = rateFor(cell)
      const arrivalUs = held[i]?.arrivalUs ?? 0
      if (!allowed || (waitsMs[i] as number) > 0) remaining[i] = remainingAt(arrivalUs, nowUs, rate)
      else {
        const until = spentUntil(arrivalUs, nowUs, rate, cell.cost ?? 1)
        this.#keep(cell, held[i], until)
        remaining[i] = remainingAt(until, nowUs, rate)
      }
    }
    return { allowed, remaining, waitsMs }
  }

  clear(): void {
    this.#pools.clear()
  }

  /** Forgets pools that no policy has any more. */
  keepOnly(pools: ReadonlySet<string>): void {
    for (const pool of this.#pools.keys()) if (!pools.has(pool)) this.#pools.delete(pool)
  }

  #keep({ pool, subject }: Cell, held: Held | undefined, arrivalUs: number): void {
    if (held !== undefined) {
      held.arrivalUs = arrivalUs
      return
    }
    let cells = this.#pools.get(pool)
    if (cells === undefined) {
      cells = new RecentMap(this.#most)
      this.#pools.set(pool, cells)
    }
    cells.set(subject, { arrivalUs })
  }
}

const rateOfCell = ({ rate }: Cell): Rate => rate

/** What costs more than the burst waits as long as a whole burst does, again and again. */
export const waitFor = (arrivalUs: number, nowUs: number, rate: Rate, cost: number): number =>
  cost > rate.burst ? rate.roomUs : waitOf(spentUntil(arrivalUs, nowUs, rate, cost), nowUs, rate)
