import type { OverloadFigures } from './figures.ts'

/** How slow a client may be. */
export type SlowClientFigures = Pick<OverloadFigures, 'slowClientSeconds' | 'leastBytesPerSecond'> & {
  /** How long a request may take to arrive whole. */
  readonly requestTimeoutSeconds: number
}

/**
 * Whether what waits for a client is being taken. A rate is measured from the last time that something moved: a client that takes the last
 * buffer at the least rate is left alone, however large the buffer is.
 */
export class Progress {
  #taken = 0
  #length = 0
  #sinceMs = 0

  /**
   * @param length bytes that wait now.
   * @param taken grows whenever something was taken.
   * @returns true where it stands still, or moves too slowly.
   */
  stalls(length: number, taken: number, nowMs: number, figures: SlowClientFigures): boolean {
    const moved = length === 0 || this.#length === 0 || taken !== this.#taken
    this.#length = length
    this.#taken = taken
    if (moved) {
      this.#sinceMs = nowMs
      return false
    }
    const seconds = Math.max(figures.slowClientSeconds, length / figures.leastBytesPerSecond)
    return nowMs - this.#sinceMs > seconds * 1000
  }
}
