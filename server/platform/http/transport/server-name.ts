const handshake = 0x16
const clientHello = 1
const serverNameExtension = 0
const hostNameType = 0

/** The first message of a client is read up to here; whoever needs more names nothing. */
export const maxHelloBytes = 16_384

/**
 * The name that a client asks for in the first message of a handshake (SNI: RFC 8446 §4.1.2, RFC 6066 §3).
 *
 * @param bytes what came so far, from the first byte of the connection.
 * @returns the name in lower case; null where there is none, or this is no such message; undefined where more has to come.
 */
export function serverNameIn(bytes: Buffer): string | null | undefined {
  const message = messageIn(bytes)
  if (message === null || message === undefined) return message
  try {
    return new Hello(message).serverName()
  } catch {
    return null
  }
}

/**
 * The message may come in several records (RFC 8446 §5.1), as small as a byte each. This is asked again for each piece that comes: so
 * nothing is put together before all of it is there.
 */
function messageIn(bytes: Buffer): Buffer | null | undefined {
  const begin: number[] = []
  let have = 0
  for (let at = 0; ; ) {
    if (bytes.length < at + 5) return bytes.length > at && bytes[at] !== handshake ? null : undefined
    const length = bytes.readUInt16BE(at + 3)
    if (bytes[at] !== handshake || bytes[at + 1] !== 3 || length === 0 || length > 16_640) return null
    const next = at + 5 + length
    const end = Math.min(next, bytes.length)
    for (let i = at + 5; i < end && begin.length < 4; i++) begin.push(bytes[i] as number)
    have += end - at - 5
    const [type, high = 0, middle = 0, low] = begin
    if (low !== undefined) {
      if (type !== clientHello) return null
      const whole = 4 + (high << 16) + (middle << 8) + low
      if (whole > maxHelloBytes) return null
      if (have >= whole) return contentOf(bytes.subarray(0, end)).subarray(4, whole)
    }
    if (bytes.length < next) return undefined
    at = next
  }
}

/** What stands in these records, one behind the other. */
function contentOf(records: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < records.length; at += 5 + records.readUInt16BE(at + 3))
    parts.push(records.subarray(at + 5, at + 5 + records.readUInt16BE(at + 3)))
  return Buffer.concat(parts)
}

/** What is left of a message, read from its beginning. Reading beyond its end throws. */
class Hello {
  #at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  serverName(): string | null {
    this.#skip(2 + 32)
    this.#skip(this.#number(1))
    this.#skip(this.#number(2))
    this.#skip(this.#number(1))
    const extensions = new Hello(this.#take(this.#number(2)))
    while (extensions.#at < extensions.#bytes.length) {
      const type = extensions.#number(2)
      const content = extensions.#take(extensions.#number(2))
      if (type === serverNameExtension) return new Hello(content).#firstHostName()
    }
    return null
  }

  #firstHostName(): string | null {
    const names = new Hello(this.#take(this.#number(2)))
    if (names.#number(1) !== hostNameType) return null
    return names.#take(names.#number(2)).toString('latin1').toLowerCase()
  }

  #number(length: 1 | 2): number {
    const bytes = this.#take(length)
    return bytes.readUIntBE(0, length)
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the message ends early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #skip(length: number): void {
    this.#take(length)
  }
}
