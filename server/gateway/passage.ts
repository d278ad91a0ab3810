import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** What becomes of one request at its application. */
export type Outcome = {
  /**
   * The head of the reply.
   *
   * @returns what takes the body: the answer itself, or whatever looks at it first.
   * @throws Error where it can't be passed on; `failed` is told.
   */
  answered(status: number, headers: IncomingHttpHeaders): Writable
  /** Nothing was answered, or, once it `began`, not to its end. Called once, and not where nobody waited any more. */
  failed(error: Error, began: boolean): void
}

/** A request on its way to the application, and the reply on its way back. What the reader does not take is not taken from the sender. */
export class Passage implements Dispatcher.DispatchHandler {
  readonly #client: ServerResponse
  readonly #outcome: Outcome
  #controller: Dispatcher.DispatchController | null = null
  #sink: Writable | null = null
  #waits = false
  #over = false
  #left = false

  constructor(client: ServerResponse, outcome: Outcome) {
    this.#client = client
    this.#outcome = outcome
  }

  /** Nobody waits for it any more: the application is told so, by the end of its connection. After the reply it does nothing. */
  readonly leave = (): void => {
    if (this.#over) return
    this.#left = true
    this.#controller?.abort(nobodyWaits())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#client.destroyed) this.leave()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // RFC 9110 §15.2: the reply is still to come.
    if (status < 200) return
    if (this.#client.destroyed) {
      this.leave()
      return
    }
    this.#sink = this.#outcome.answered(status, headers)
    if (this.#sink !== this.#client) this.#sink.once('close', this.leave)
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    const sink = this.#sink
    if (sink === null || sink.destroyed) {
      this.leave()
      return
    }
    if (sink.write(piece)) return
    controller.pause()
    if (this.#waits) return
    this.#waits = true
    sink.on('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.#over = true
    this.#sink?.end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#over = true
    if (!this.#left) this.#outcome.failed(error, this.#sink !== null)
    // Half a reply must not look like a whole one.
    if (this.#sink === this.#client) this.#sink.destroy()
    else this.#sink?.destroy(error)
  }
}

const nobodyWaits = () => Object.assign(new Error('nobody waits for the reply any more'), { code: 'ECONNRESET' })
