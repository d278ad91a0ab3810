/** Ends a request with a page that says what happened. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 409
  /** What it is about, where the status does not say it. */
  readonly about: 'attachment' | 'original' | 'no-host' | null
  constructor(status: 400 | 403 | 404 | 409, about: Refusal['about'] = null) {
    super(`refused with ${status}`)
    this.status = status
    this.about = about
  }
}
