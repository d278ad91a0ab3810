import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '../random.ts'
import type { Log } from '../telemetry/log.ts'
import type { Bus } from './cache.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import { Listeners } from './listeners.ts'
import { Peers } from './peers.ts'
import type { Connection } from './reconnecting.ts'
import { Reconnecting } from './reconnecting.ts'

/** One open way to say something to every process, this one included. */
export type Medium = Connection & { send(frame: string): Promise<void> }

export type ProvenBusOptions = {
  /** For the log, as in `the bus on Redis`. */
  readonly name: string
  readonly log: Log
  /** Opens the medium within `withinMs`; frames of everybody arrive in `receive`. */
  open(receive: (frame: string) => void, lost: () => void, withinMs: number): Promise<Medium>
  /** Milliseconds that only go up. Default: the process's own monotonic clock. */
  readonly nowMs?: () => number
}

const beatTopic = 'bus.beat'
/** Says that its sender could not say something: everybody forgets what they cached. */
const lossTopic = 'bus.loss'
/** Asks all others whether they heard what its sender said before, and their answer: the sender asked, and its question. */
const askTopic = 'bus.ask'
const heardTopic = 'bus.heard'
/** The last that somebody says: they trust no cache any more, and nobody needs to wait for them. */
const leaveTopic = 'bus.leave'
const beatEveryMs = 500
/** A beat proves that everything sent before it has arrived; for this long we live on the proof. */
const proofMs = 2_000
/** A connection that carries no beat for so long is given up, although it never said that it was lost. */
const patienceMs = 5_000

/**
 * A bus that knows whether it works: it sends beats to itself, and is healthy while one that came back was *sent* within
 * the last two seconds. Measured from the sending, a message of another process that we have not heard is never
 * older than that.
 *
 * When `publish` resolves, everybody has heard, or trusts no cache any more: each process whose beats we hear answers, and
 * of one that does not answer within two seconds no beat can have come back that was sent after the message. So whoever is told that
 * a session has ended finds it ended everywhere.
 *
 * Listeners in this process hear a message first, and even where `publish` then rejects because the medium is lost. It rejects once
 * whoever lost it at the same time trusts no cache any more. One who has it still has not heard: as soon as the medium works for us again
 * they are told that there was a gap. So are the listeners here, and nobody here trusts a cache until then: whoever had more to say after
 * what was not said need not say it.
 */
export class ProvenBus implements Bus {
  readonly #sender = newId('bus').slice('bus_'.length)
  readonly #listeners: Listeners
  readonly #medium: Reconnecting<Medium>
  readonly #nowMs: () => number
  readonly #peers: Peers
  #asking: Promise<void> = Promise.resolve()
  #askingNext: Promise<void> | null = null
  #provenMs = Number.NEGATIVE_INFINITY
  #openedMs = 0
  #lostMs = Number.NEGATIVE_INFINITY
  #beats: NodeJS.Timeout | undefined
  #closed = false
  /** Something was not said, and that is not admitted yet. */
  #owesLoss = false
  #firstProof = Promise.withResolvers<void>()

  /** @throws Error where the medium can't be reached now, or carries nothing. */
  static async open(options: ProvenBusOptions): Promise<ProvenBus> {
    const bus = new ProvenBus(options)
    try {
      await bus.#medium.start()
      const late = setTimeout(() => bus.#firstProof.reject(new Error(`${options.name} carries no message`)), patienceMs)
      await bus.#firstProof.promise.finally(() => clearTimeout(late))
    } catch (error) {
      await bus.close()
      throw error
    }
    return bus
  }

  private constructor(options: ProvenBusOptions) {
    this.#listeners = new Listeners(options.log)
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#peers = new Peers(this.#nowMs, proofMs)
    this.#medium = new Reconnecting<Medium>({
      name: options.name,
      log: options.log,
      open: (lost, withinMs) => options.open((frame) => this.#receive(frame), lost, withinMs),
      onChange: (medium) => this.#changed(medium),
    })
  }

  async publish(topic: string, message: string): Promise<void> {
    if (this.#closed) throw new Error('the bus is closed')
    const frame = this.#frame(topic, message)
    this.#listeners.tell(topic, message)
    const medium = this.#medium.current
    try {
      if (medium === null) throw new Error('the bus is lost: other processes have not heard')
      await medium.send(frame)
    } catch (error) {
      this.#owesLoss = true
      await this.#nobodyTrusts(medium === null ? this.#lostMs : this.#nowMs())
      throw error
    }
    await this.#everybodyHeard(medium)
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    return this.#listeners.subscribe(topic, listener)
  }

  healthy(): boolean {
    return this.#medium.current !== null && !this.#owesLoss && this.#nowMs() - this.#provenMs < proofMs
  }

  onGap(listener: () => void): () => void {
    return this.#listeners.onGap(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#provenMs = Number.NEGATIVE_INFINITY
    clearInterval(this.#beats)
    // Unheard, it costs the others the two seconds that they wait for anybody who is silent.
    await this.#medium.current?.send(this.#frame(leaveTopic, '')).catch(() => {})
    this.#medium.close()
  }

  /** One question at a time; what is said while it is under way shares the next one. */
  #everybodyHeard(medium: Medium): Promise<void> {
    this.#askingNext ??= this.#asking.then(() => {
      this.#askingNext = null
      this.#asking = this.#ask(medium)
      return this.#asking
    })
    return this.#askingNext
  }

  async #ask(medium: Medium): Promise<void> {
    const { id, answered } = this.#peers.ask()
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, proofMs)
    // One that can't be sent is one that nobody answers: then the time that a proof lasts says it.
    this.#send(medium, askTopic, id)
    await Promise.race([answered, late.promise])
    clearTimeout(timer)
  }

  /** Whoever lost the medium when we did may not have noticed yet: their last proof is no older than that, and lasts its time. */
  async #nobodyTrusts(lostMs: number): Promise<void> {
    const waitMs = lostMs + proofMs - this.#nowMs()
    if (waitMs > 0) await pause(waitMs)
  }

  #changed(medium: Medium | null): void {
    clearInterval(this.#beats)
    this.#provenMs = Number.NEGATIVE_INFINITY
    if (medium === null) {
      this.#lostMs = this.#nowMs()
      return
    }
    this.#openedMs = this.#nowMs()
    this.#peers.reopened()
    // A roll call: who answers is known before we first have something to say.
    this.#send(medium, askTopic, '0')
    this.#beat(medium)
    this.#beats = setInterval(() => this.#beat(medium), beatEveryMs)
    this.#beats.unref()
  }

  #beat(medium: Medium): void {
    const now = this.#nowMs()
    if (now - Math.max(this.#provenMs, this.#openedMs) > patienceMs) {
      this.#medium.drop(medium)
      return
    }
    // A beat that can't be sent is one that does not come back: `healthy` says the rest.
    this.#send(medium, beatTopic, String(now))
  }

  #receive(encoded: string): void {
    const frame = decodeFrame(encoded)
    if (frame === null || this.#closed) return
    const { sender, topic, text } = frame
    if (sender === this.#sender) {
      if (topic === beatTopic) this.#prove(Number(text))
      else if (topic === askTopic) this.#peers.echoed(text)
      return
    }
    if (topic === leaveTopic) {
      this.#peers.left(sender)
      return
    }
    this.#peers.seen(sender)
    if (topic === lossTopic) this.#listeners.tellGap()
    else if (topic === askTopic) this.#answer(`${sender} ${text}`)
    else if (topic === heardTopic) {
      const [asker, id = ''] = text.split(' ')
      if (asker === this.#sender) this.#peers.answered(sender, id)
    } else if (topic !== beatTopic) this.#listeners.tell(topic, text)
  }

  #answer(question: string): void {
    // A question has some digits: nobody makes us repeat more.
    const medium = this.#medium.current
    if (medium !== null && question.length <= 60) this.#send(medium, heardTopic, question)
  }

  #frame(topic: string, text: string): string {
    return encodeFrame({ sender: this.#sender, topic, text })
  }

  /** What is lost on the way is missed by nobody for longer than a proof lasts. */
  #send(medium: Medium, topic: string, text: string): void {
    medium.send(this.#frame(topic, text)).catch(() => {})
  }

  #prove(sentMs: number): void {
    if (!(sentMs > this.#provenMs && sentMs >= this.#openedMs && sentMs <= this.#nowMs())) return
    // What was missed is forgotten before anybody may trust a cache again.
    if (this.#owesLoss || this.#nowMs() - this.#provenMs >= proofMs) this.#listeners.tellGap()
    this.#provenMs = sentMs
    this.#firstProof.resolve()
    if (this.#owesLoss) void this.#admitLoss()
  }

  async #admitLoss(): Promise<void> {
    this.#owesLoss = false
    try {
      await this.#medium.current?.send(this.#frame(lossTopic, ''))
    } catch {
      this.#owesLoss = true
    }
  }
}
