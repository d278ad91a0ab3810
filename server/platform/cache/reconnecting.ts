import type { Log } from '../telemetry/log.ts'

/** Something open that can be given up. `close` must not wait for the other side. */
export type Connection = { close(): void }

export type ReconnectingOptions<T extends Connection> = {
  /** For the log, as in `the cache's Redis`. */
  readonly name: string
  readonly log: Log
  /** Opens one connection, in bounded time; `lost` is to be called when it is no more. */
  open(lost: () => void): Promise<T>
  /** Told each time one is open, and each time it is lost. */
  readonly onChange?: (connection: T | null) => void
}

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
    await this.#connect()
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

  async #connect(): Promise<void> {
    let connection: T | undefined
    let lost = false
    connection = await this.#options.open(() => {
      lost = true
      if (connection !== undefined) this.drop(connection)
    })
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
      this.#connect().then(
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
