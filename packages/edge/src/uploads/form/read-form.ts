import type { FormPart } from './part-head.ts'
import { MalformedForm, readPartHead } from './part-head.ts'

export type FormEvent =
  | { readonly kind: 'part'; readonly part: FormPart }
  /** Content of the part that began last: a view that holds until the next call. */
  | { readonly kind: 'content'; readonly bytes: Buffer }
  | { readonly kind: 'part-end' }

/** Header of one part: a name and a type. */
const maxHeadBytes = 4_096
const lineEnd = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')

/**
 * The boundary that a Content-Type names (RFC 2046 §5.1.1), where it is one that every reader reads alike.
 *
 * @returns null for anything but multipart/form-data with this one parameter.
 */
export function boundaryOf(contentType: string | undefined): string | null {
  const match = /^multipart\/form-data *; *boundary=(?:"([^"\\]{1,70})"|([^\s";,]{1,70}))$/i.exec(contentType ?? '')
  const boundary = match?.[1] ?? match?.[2] ?? null
  // A blank at its end is cut off by some and counted by others.
  return boundary !== null && /^[A-Za-z0-9'()+_,./:=? -]*[A-Za-z0-9'()+_,./:=?-]$/.test(boundary) ? boundary : null
}

/**
 * Reads a form with files (RFC 7578) as it comes, and holds nothing of it but the head of a part and the length of a boundary. What two
 * readers could read in two ways is refused: anything before the first part and after the last, bare line ends, blanks behind a boundary,
 * a boundary within content, encodings of parts, and header fields that no browser sends.
 */
export class FormReader {
  readonly #boundary: Buffer
  #state: 'first' | 'head' | 'content' | 'after' = 'first'
  #pending: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(boundary: string) {
    this.#boundary = Buffer.from(`\r\n--${boundary}`)
    // The first boundary stands at the very begin: as if a line had ended before it.
    this.#pending = lineEnd
  }

  /** @throws MalformedForm */
  write(bytes: Uint8Array): FormEvent[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const events: FormEvent[] = []
    while (this.#step(events));
    return events
  }

  /** @throws MalformedForm where it is not whole. */
  end(): void {
    if (!this.#ended) throw new MalformedForm('ends early')
  }

  /** @returns false where more has to come first. */
  #step(events: FormEvent[]): boolean {
    if (this.#state === 'first') return this.#first()
    if (this.#state === 'head') return this.#head(events)
    if (this.#state === 'content') return this.#content(events)
    return this.#after()
  }

  #first(): boolean {
    const { length } = this.#boundary
    if (this.#pending.length < length + 2) return false
    if (!this.#pending.subarray(0, length).equals(this.#boundary))
      throw new MalformedForm('does not begin with its boundary')
    this.#take(length)
    return this.#delimited()
  }

  /** Behind a boundary: another part, or the end. */
  #delimited(): boolean {
    const next = this.#pending.subarray(0, 2).toString('latin1')
    if (next !== '\r\n' && next !== '--') throw new MalformedForm('has its boundary within content')
    this.#take(2)
    this.#ended = next === '--'
    this.#state = this.#ended ? 'after' : 'head'
    return true
  }

  #head(events: FormEvent[]): boolean {
    const end = this.#pending.indexOf(headEnd)
    if (end > maxHeadBytes || (end < 0 && this.#pending.length > maxHeadBytes))
      throw new MalformedForm('has a part whose head is too long')
    if (end < 0) return false
    events.push({ kind: 'part', part: readPartHead(this.#pending.subarray(0, end)) })
    this.#take(end + headEnd.length)
    this.#state = 'content'
    return true
  }

  #content(events: FormEvent[]): boolean {
    const at = this.#pending.indexOf(this.#boundary)
    // What may be the begin of a boundary waits, and the two bytes behind a whole one.
    const sure = at < 0 ? this.#pending.length - this.#boundary.length + 1 : at
    if (sure > 0) {
      events.push({ kind: 'content', bytes: this.#pending.subarray(0, sure) })
      this.#take(sure)
    }
    if (at < 0 || this.#pending.length < this.#boundary.length + 2) return false
    this.#take(this.#boundary.length)
    events.push({ kind: 'part-end' })
    return this.#delimited()
  }

  /** One line end may stand there, as some programs write it. */
  #after(): boolean {
    const allowed = lineEnd.subarray(0, this.#pending.length)
    if (this.#pending.length > 2 || !this.#pending.equals(allowed)) throw new MalformedForm('goes on behind its end')
    return false
  }

  #take(count: number): void {
    this.#pending = this.#pending.subarray(count)
  }
}
