/** Ends a request with a page that says what happened. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 409
  constructor(status: 400 | 403 | 404 | 409) {
    super(`refused with ${status}`)
    this.status = status
  }
}
