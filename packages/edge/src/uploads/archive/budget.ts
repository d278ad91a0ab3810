import { NotTaken } from '../finding.ts'
import type { ArchiveLimits } from '../policy.ts'

/** Below this, how tightly something is packed does not matter: a short text of blanks is honest. */
const smallBytes = 65_536

/** What one upload may still unpack, the archives within it counted in. */
export class Budget {
  readonly #limits: ArchiveLimits
  #entries: number
  #bytes: number

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
    this.#entries = limits.maxEntries
    this.#bytes = limits.maxTotalBytes
  }

  /** @param depth 1 for the upload itself. @throws NotTaken */
  enter(depth: number): void {
    if (depth > this.#limits.maxDepth) throw new NotTaken('archive-depth')
  }

  /** @throws NotTaken */
  entry(): void {
    this.#entries -= 1
    if (this.#entries < 0) throw new NotTaken('archive-entries')
  }

  /** Of what a directory claims, or what was unpacked. @throws NotTaken */
  ratio(packed: number, unpacked: number): void {
    if (unpacked > smallBytes && unpacked > packed * this.#limits.maxRatio) throw new NotTaken('archive-ratio')
  }

  /** @throws NotTaken where this much more is too much; nothing was unpacked for the question. */
  fits(bytes: number): void {
    if (bytes > this.#bytes) throw new NotTaken('archive-size')
  }

  /** @throws NotTaken */
  spend(bytes: number): void {
    this.fits(bytes)
    this.#bytes -= bytes
  }

  get bytesLeft(): number {
    return this.#bytes
  }
}
