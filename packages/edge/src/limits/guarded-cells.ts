import type { Cell, CellStore, Spent } from './cell-store.ts'
import { checkCells, keyOf } from './cell-store.ts'
import { MemoryCells } from './memory-cells.ts'
import { RecentMap } from './recent-map.ts'

export type GuardedOptions = {
  readonly store: CellStore
  /** Must not go back: a wait is counted by it, and nothing that processes share. */
  readonly nowMs: () => number
  /** `longestWaitMs` unless said. */
  readonly longestWaitMs?: number
  /** Told when the store is lost, and when it is there again; each once. */
  readonly onChange?: (state: 'lost' | 'back', error?: unknown) => void
}

/** Nobody waits longer for a store that is elsewhere, unless said. */
export const longestWaitMs = 50
const firstRestMs = 250
const longestRestMs = 5_000
const mostDenied = 50_000

/**
 * Cells in a store that can be lost. In front of it stands a memory of who is denied until when, so that a flood of refused requests
 * reaches this process and not the store. Once the store did not answer in time it is left alone for a while and this process counts by itself, by each
 * cell's `lost`; whether it is back is asked beside the requests, and none of them waits for it.
 */
export class GuardedCells implements CellStore {
  readonly #options: GuardedOptions
  readonly #local: MemoryCells
  readonly #denied = new RecentMap<number>(mostDenied)
  #restUntilMs = 0
  #rests = 0
  #probing = false

  constructor(options: GuardedOptions) {
    this.#options = options
    this.#local = new MemoryCells(options.nowMs)
  }

  /** True while each process counts alone. */
  get lost(): boolean {
    return this.#rests > 0
  }

  spend(cells: readonly Cell[]): Spent | Promise<Spent> {
    checkCells(cells)
    if (cells.length === 0) return nothing
    const known = this.#knownDenial(cells)
    if (known !== null) return known
    if (!this.lost) return this.#ask(cells)
    this.#probe()
    return this.#alone(cells)
  }

  #alone(cells: readonly Cell[]): Spent {
    return this.#local.spendAt(cells, ({ lost }) => lost)
  }

  async #ask(cells: readonly Cell[]): Promise<Spent> {
    try {
      const spent = await within(this.#options.longestWaitMs ?? longestWaitMs, this.#options.store.spend(cells))
      this.#remember(cells, spent)
      return spent
    } catch (error) {
      this.#lose(error)
      return this.#alone(cells)
    }
  }

  /** A denial holds for the cost that was asked: one of another cost has a memory of its own. */
  #knownDenial(cells: readonly Cell[]): Spent | null {
    const nowMs = this.#options.nowMs()
    let found = false
    const waitsMs = cells.map((cell) => {
      if (cell.tried === true) return 0
      const untilMs = this.#denied.get(deniedKey(cell)) ?? 0
      if (untilMs > nowMs) found = true
      return Math.max(0, untilMs - nowMs)
    })
    return found ? { allowed: false, remaining: cells.map(() => 0), waitsMs } : null
  }

  #remember(cells: readonly Cell[], { allowed, waitsMs }: Spent): void {
    if (allowed) return
    const nowMs = this.#options.nowMs()
    for (const [i, cell] of cells.entries()) {
      const waitMs = Math.min(waitsMs[i] as number, cell.rate.roomUs / 1000)
      if (cell.tried !== true && waitMs > 0) this.#denied.set(deniedKey(cell), nowMs + waitMs)
    }
  }

  #lose(error: unknown): void {
    // Of many that waited at once the first has said it.
    if (this.lost) return
    this.#rest()
    this.#options.onChange?.('lost', error)
  }

  #rest(): void {
    this.#restUntilMs = this.#options.nowMs() + Math.min(longestRestMs, firstRestMs * 2 ** this.#rests)
    this.#rests = Math.min(10, this.#rests + 1)
  }

  #probe(): void {
    if (this.#probing || this.#options.nowMs() < this.#restUntilMs) return
    this.#probing = true
    void this.#isBack().then((back) => {
      this.#probing = false
      if (!back) return this.#rest()
      this.#rests = 0
      // What was counted alone is over: the next loss begins anew.
      this.#local.clear()
      this.#options.onChange?.('back')
    })
  }

  async #isBack(): Promise<boolean> {
    try {
      await within(this.#options.longestWaitMs ?? longestWaitMs, this.#options.store.spend([probe]))
      return true
    } catch {
      return false
    }
  }
}

const nothing: Spent = { allowed: true, remaining: [], waitsMs: [] }
const probeRate = { burst: 1, perSeconds: 1, stepUs: 1_000_000, roomUs: 1_000_000 }
/** A cell of nobody's. */
const probe: Cell = { pool: 'probe', subject: '', rate: probeRate, lost: probeRate }

const deniedKey = (cell: Cell) => (cell.cost === undefined ? keyOf(cell) : `${cell.cost}/${keyOf(cell)}`)

/** @throws Error after `ms`. What comes later is nobody's. */
function within<T>(ms: number, answer: T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // In a flood this process may be the late one: answers that came in time are read before the store is given up.
      setImmediate(() => reject(new Error(`the store of limits did not answer within ${ms} ms`)))
    }, ms)
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
