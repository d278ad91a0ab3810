import type { Log } from '../telemetry/log.ts'

/** Something open that can be given up. `close` must not wait for the other side. */
export type Connection = { close(): void }

export type ReconnectingOptions<T extends Connection> = {
  /** For the log, as in `the cache's Redis`. */
  readonly name: string
  readonly log: Log
  /** Opens one connection within `withinMs`; `lost` is to be called when it is no more. */
  open(lost: () => void, withinMs: number): Promise<T>
  /** Told each time one is open, and each time it is lost. */
  readonly onChange?: (connection: T | null) => void
}

/** A start is not tried again, so that it waits as long as migrating does. */
const firstOpenMs = 10_000
const openMs = 2_000
const firstPauseMs = 50
const longestPauseMs = 2_000

/** Holds one connection, and opens another after growing pauses whenever it is lost. */
export class Reconnecting<T extends Connection> {
  readonly #options: ReconnectingOptions<T>
  #current: T | null = null
  #closed = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReconnectingOptions<T>) {
    this.#options = options
  }

  /** Opens the first one. @throws what `open` throws: a server that was never there is no reason to wait. */
  async start(): Promise<void> {
    await this.#connect(firstOpenMs)
  }

  /** Null while there is none. */
  get current(): T | null {
    return this.#current
  }

  /** Gives up a connection that does not answer, and opens another. */
  drop(connection: T): void {
    if (this.#current !== connection) return
    this.#current = null
    connection.close()
    this.#options.onChange?.(null)
    this.#options.log.warn({ connection: this.#options.name }, 'a connection was lost')
    this.#retry()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    const connection = this.#current
    this.#current = null
    connection?.close()
  }

  async #connect(withinMs: number): Promise<void> {
    let connection: T | undefined
    let lost = false
    connection = await this.#options.open(() => {
      lost = true
      if (connection !== undefined) this.drop(connection)
    }, withinMs)
    if (lost || this.#closed) {
      connection.close()
      throw new Error(`${this.#options.name} went away while it was being opened`)
    }
    this.#current = connection
    this.#failures = 0
    this.#options.onChange?.(connection)
  }

  #retry(): void {
    if (this.#closed) return
    // Half of the pause is chance, so that many processes don't come back in step.
    const pauseMs =
      Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures, 10)) * (0.5 + Math.random() / 2)
    this.#failures += 1
    this.#timer = setTimeout(() => {
      this.#connect(openMs).then(
        () => this.#options.log.info({ connection: this.#options.name }, 'a connection is open again'),
        (error: unknown) => {
          this.#options.log.debug({ connection: this.#options.name, error }, 'a connection could not be opened again')
          this.#retry()
        },
      )
    }, pauseMs)
    this.#timer.unref()
  }
}
