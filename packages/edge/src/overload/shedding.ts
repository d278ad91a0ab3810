/** Classes of requests that are left unanswered when there is too much, in this order. Signing in and health are never among them. */
export const sheddingOrder = ['expensive', 'write', 'read'] as const

export type SheddingFigures = {
  /** Delay of the event loop from which on one class more is shed. */
  readonly busyMs: number
  /** Delay below which, for `calmSamples` in a row, one class fewer is. Well below `busyMs`, so that it does not swing. */
  readonly calmMs: number
  readonly calmSamples: number
}

export const defaultShedding: SheddingFigures = { busyMs: 150, calmMs: 50, calmSamples: 4 }

/** Decides from samples of the event loop's delay how much to shed: up by one class a sample, down by one after a while of calm. */
export class Shedding {
  readonly #figures: SheddingFigures
  #level = 0
  #calm = 0

  constructor(figures: SheddingFigures = defaultShedding) {
    this.#figures = figures
  }

  /** How many classes of `sheddingOrder` are shed, from its beginning. */
  get level(): number {
    return this.#level
  }

  /** @returns the level from now on. */
  sample(delayMs: number): number {
    const { busyMs, calmMs, calmSamples } = this.#figures
    if (delayMs >= busyMs) {
      this.#calm = 0
      this.#level = Math.min(sheddingOrder.length, this.#level + 1)
    } else if (delayMs > calmMs) this.#calm = 0
    else if (this.#level > 0 && ++this.#calm >= calmSamples) {
      this.#calm = 0
      this.#level -= 1
    }
    return this.#level
  }

  sheds(kind: string): boolean {
    if (this.#level === 0) return false
    const place = sheddingOrder.indexOf(kind as 'read')
    return place !== -1 && place < this.#level
  }
}
