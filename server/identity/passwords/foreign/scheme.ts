/** A hash that another system made, with what it costs known to be bearable. */
export type ForeignHash = {
  readonly scheme: string
  /** Off the main thread. */
  matches(password: string): Promise<boolean>
}

/** One way of hashing passwords. */
export type Scheme = {
  /** Its form and the bounds of its cost, in words. */
  readonly accepts: string
  /** @returns null where the text has another form, or its cost is out of bounds. */
  read(text: string): ForeignHash | null
}

/** Base64 without padding, as PHC strings have it; passlib writes `.` for `+`. */
export const unpadded = (text: string): Buffer => Buffer.from(text.replaceAll('.', '+'), 'base64')
