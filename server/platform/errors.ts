/** What one error code means, said once. The reference page and the problem reply are made from it. */
export type ErrorDefinition = {
  /** The HTTP status that the reply carries. */
  readonly status:
    | 400
    | 401
    | 403
    | 404
    | 405
    | 408
    | 409
    | 410
    | 413
    | 415
    | 421
    | 422
    | 426
    | 429
    | 431
    | 500
    | 502
    | 503
    | 504
  /** What happened, in a sentence; the same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string
  /** What the caller can do about it. */
  readonly help: string
}

export type ErrorTable = Readonly<Record<string, ErrorDefinition>>

/** Facts about one occurrence that the caller may see. Never a secret: they are logged and sent. */
export type RefusalDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** Something that Custodia declines to do, with a stable code. Anything else that is thrown is a fault. */
export class Refusal extends Error {
  readonly code: string
  readonly definition: ErrorDefinition
  readonly details: RefusalDetails

  constructor(code: string, definition: ErrorDefinition, details: RefusalDetails = {}) {
    super(`${code}: ${definition.title}`)
    this.name = 'Refusal'
    this.code = code
    this.definition = definition
    this.details = details
  }
}

/**
 * Binds a module's error table to the function that refuses by it.
 *
 * @example const refuse = refuser(errors); throw refuse('KEY_SHREDDED', { keyId })
 */
export function refuser<Table extends ErrorTable>(table: Table) {
  return (code: keyof Table & string, details?: RefusalDetails): Refusal =>
    new Refusal(code, table[code] as ErrorDefinition, details)
}

/** True where `error` is a refusal, with that code if one is given. */
export function isRefusal(error: unknown, code?: string): error is Refusal {
  return error instanceof Refusal && (code === undefined || error.code === code)
}
