/** A set of small numbers, 32 to a word. */
export class BitSet {
  readonly #words: Uint32Array

  constructor(size: number, members: Iterable<number>) {
    this.#words = new Uint32Array((size + 31) >> 5)
    for (const member of members) this.add(member)
  }

  add(member: number): void {
    const at = member >> 5
    this.#words[at] = (this.#words[at] ?? 0) | (1 << (member & 31))
  }

  /** Keeps what the other has too. Both are of one size. */
  intersect(other: BitSet): void {
    for (let at = 0; at < this.#words.length; at++) {
      this.#words[at] = (this.#words[at] ?? 0) & (other.#words[at] ?? 0)
    }
  }

  /** From the smallest up. */
  *members(): Generator<number> {
    for (let at = 0; at < this.#words.length; at++) {
      for (let word = this.#words[at] ?? 0; word !== 0; word &= word - 1) {
        yield at * 32 + 31 - Math.clz32(word & -word)
      }
    }
  }
}
