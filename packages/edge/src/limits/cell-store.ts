import type { Rate } from './cell-rate.ts'
import { isWhole, mostBurst } from './cell-rate.ts'

/** One thing that is counted: an address under one policy, an account under another. */
export type Cell = {
  /** The policy's name and figures, so that another policy, or the same with other figures, has cells of its own. Up to 200 characters. */
  readonly pool: string
  /** Whose it is, within the pool. Up to 200 characters of well-formed text. */
  readonly subject: string
  readonly rate: Rate
  /** What counts while the shared store is lost. */
  readonly lost: Rate
  /** 1 unless said; 1 to 1,000,000. What costs more than the burst never passes. */
  readonly cost?: number
  /** True where it is only tried: it is counted, and holds nothing up. */
  readonly tried?: boolean
}

/** In the order of the cells. */
export type Spent = {
  /** False where a cell that is not only tried has no room: then none was spent. */
  readonly allowed: boolean
  /** How many more each has. */
  readonly remaining: readonly number[]
  /** Milliseconds until each would have room; 0 where it has. */
  readonly waitsMs: readonly number[]
}

/**
 * Where cells are kept. The clock is the store's: processes whose clocks differ share its cells nevertheless.
 * `testing.ts` holds every one to the same behaviour.
 */
export type CellStore = {
  /** Spends all of them or none, in one step. At most 16. What is in process answers without a promise. */
  spend(cells: readonly Cell[]): Spent | Promise<Spent>
}

const mostCells = 16

/** @throws RangeError for what no store takes; it never repeats the subject. */
export function checkCells(cells: readonly Cell[]): void {
  if (cells.length > mostCells) throw new RangeError(`at most ${mostCells} cells are spent at once`)
  for (const { pool, subject, cost } of cells) {
    if (pool.length > 200 || subject.length > 200 || !subject.isWellFormed())
      throw new RangeError('a cell has a pool and a subject of up to 200 characters each')
    if (cost !== undefined && !isWhole(cost, mostBurst))
      throw new RangeError('a cost is a whole number from 1 to 1000000')
  }
}

/** One text for both, in which no subject passes for another pool. */
export const keyOf = ({ pool, subject }: Cell): string => `${pool.length}:${pool}:${subject}`
