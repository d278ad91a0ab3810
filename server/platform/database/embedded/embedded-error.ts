/** Why the embedded database did not start. */
export type EmbeddedErrorCode =
  /** No binaries for this platform: name a server with CUSTODIA_DATABASE_URL. */
  | 'UNSUPPORTED'
  /** Another process has this data folder open. */
  | 'IN_USE'
  /** The account that PostgreSQL runs as cannot reach the folder or the binaries. */
  | 'UNREACHABLE'
  /** PostgreSQL said no; its last lines are in the message. */
  | 'FAILED'

/** The embedded database cannot start. The message says what to do; it holds paths and PostgreSQL's words, never data. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode

  constructor(code: EmbeddedErrorCode, message: string) {
    super(message)
    this.name = 'EmbeddedError'
    this.code = code
  }
}
