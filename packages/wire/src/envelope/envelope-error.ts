/** A sealed value that does not open. It never says why: whoever forges one learns nothing from trying. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError'
  readonly code = 'ENVELOPE_INVALID'

  constructor() {
    super('ENVELOPE_INVALID: the sealed value does not open here')
  }
}
