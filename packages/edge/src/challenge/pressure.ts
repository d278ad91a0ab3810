import type { Rate } from '../limits/cell-rate.ts'

type Count = { minute: number; now: number; before: number }

/**
 * How many came in by passes within about a minute, beside how many the policy itself lets in. What raises it are those who paid: an
 * attacker who does not work makes it no harder for those who do. By policy, in this process.
 */
export class Pressure {
  readonly #nowMs: () => number
  readonly #counts = new Map<string, Count>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  add(pool: string): void {
    const count = this.#count(pool)
    if (count === null) this.#counts.set(pool, { minute: this.#minute(), now: 1, before: 0 })
    else count.now += 1
  }

  /** 1 or more: by how many times its own rate a policy is passed. */
  of(pool: string, { burst, perSeconds }: Rate): number {
    const count = this.#count(pool)
    if (count === null) return 1
    const share = 1 - (this.#nowMs() % minuteMs) / minuteMs
    return 1 + (count.now + count.before * share) / Math.max(1, (burst * 60) / perSeconds)
  }

  /** Forgets policies that there are no more. */
  keepOnly(pools: ReadonlySet<string>): void {
    for (const pool of this.#counts.keys()) if (!pools.has(pool)) this.#counts.delete(pool)
  }

  #count(pool: string): Count | null {
    const count = this.#counts.get(pool)
    if (count === undefined) return null
    const minute = this.#minute()
    if (minute !== count.minute) {
      count.before = minute === count.minute + 1 ? count.now : 0
      count.now = 0
      count.minute = minute
    }
    return count
  }

  #minute(): number {
    return Math.floor(this.#nowMs() / minuteMs)
  }
}

const minuteMs = 60_000
