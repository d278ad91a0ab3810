/** What was sent and is not taken: where, and why in a few words. What was sent itself is never repeated. */
export type Unfit = {
  /** A path in dots, as in `body.items.0.price`, `query.limit` or `header.content-type`; up to 200 characters. */
  readonly field: string
  readonly detail: string
}

/** Thrown by parsers of this room. */
export class UnfitInput extends Error implements Unfit {
  readonly field: string
  readonly detail: string

  constructor(field: string, detail: string) {
    super(`${field} ${detail}`)
    this.name = 'UnfitInput'
    this.field = field.toWellFormed().slice(0, 200)
    this.detail = detail
  }
}
