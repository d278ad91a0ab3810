/** More processes than anybody runs on one database; strangers on the channel can't make us remember more. */
const maxPeers = 1_000

type Question = { readonly id: string; readonly settle: () => void; missing: Set<string> | null }

/**
 * The other processes on the medium, known by what they send, and who of them has not yet answered the one question that is
 * under way: did you hear all that I said before it?
 */
export class Peers {
  readonly #seenMs = new Map<string, number>()
  readonly #nowMs: () => number
  readonly #forgetAfterMs: number
  #count = 0
  #question: Question | null = null

  /** @param forgetAfterMs how long a process can live on what it cached without a sign of life that everybody hears. */
  constructor(nowMs: () => number, forgetAfterMs: number) {
    this.#nowMs = nowMs
    this.#forgetAfterMs = forgetAfterMs
  }

  /** A sign of life. */
  seen(peer: string): void {
    if (this.#seenMs.size < maxPeers || this.#seenMs.has(peer)) this.#seenMs.set(peer, this.#nowMs())
  }

  /** Said by themselves, as the last: they live on nothing any more. */
  left(peer: string): void {
    this.#seenMs.delete(peer)
    if (this.#question !== null) this.answered(peer, this.#question.id)
  }

  /** The medium was lost and is back: that we heard nothing of somebody meanwhile says nothing about them. */
  reopened(): void {
    for (const peer of this.#seenMs.keys()) this.#seenMs.set(peer, this.#nowMs())
  }

  /** @returns the question's id, and what resolves when everybody has answered it. */
  ask(): { readonly id: string; readonly answered: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#question = { id: String(++this.#count), settle: resolve, missing: null }
    return { id: this.#question.id, answered: promise }
  }

  /** Our own question came back: whoever was on the medium before it has been seen by now, since all hear all in one order. */
  echoed(id: string): void {
    if (this.#question?.id !== id) return
    const sinceMs = this.#nowMs() - this.#forgetAfterMs
    for (const [peer, seenMs] of this.#seenMs) if (seenMs < sinceMs) this.#seenMs.delete(peer)
    this.#question.missing = new Set(this.#seenMs.keys())
    this.#settleWhenComplete(this.#question)
  }

  answered(peer: string, id: string): void {
    if (this.#question?.id !== id) return
    this.#question.missing?.delete(peer)
    this.#settleWhenComplete(this.#question)
  }

  #settleWhenComplete({ missing, settle }: Question): void {
    if (missing?.size === 0) settle()
  }
}
