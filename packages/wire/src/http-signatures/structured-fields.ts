/** A value without parameters (RFC 9651 §3.3). Decimals, dates and display strings are left out: no field that we read has them. */
export type BareItem =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'string' | 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean }

export type Parameters = ReadonlyMap<string, BareItem>
export type Item = { readonly kind: 'item'; readonly bare: BareItem; readonly parameters: Parameters }
export type InnerList = { readonly kind: 'list'; readonly items: readonly Item[]; readonly parameters: Parameters }
export type Dictionary = ReadonlyMap<string, Item | InnerList>

/** Text that is no structured field of the kind that was asked for. */
export class StructuredFieldError extends Error {
  override readonly name = 'StructuredFieldError'
}

/**
 * A dictionary (RFC 9651 §3.2). Stricter than the RFC in two places where two readers could differ: a key that comes
 * twice is refused (there the last one counts), and so is base64 in another form than the canonical one.
 *
 * @param text a field's value, all of its lines joined. The caller bounds its length.
 * @throws StructuredFieldError
 */
export function parseDictionary(text: string): Dictionary {
  const reader = new Reader(text)
  const members = new Map<string, Item | InnerList>()
  reader.take(spaces)
  while (!reader.atEnd()) {
    const key = reader.key()
    if (members.has(key)) throw new StructuredFieldError('a key comes twice')
    members.set(key, reader.takes('=') ? reader.member() : reader.item(yes))
    reader.take(optionalWhitespace)
    if (reader.atEnd()) break
    reader.expect(',')
    reader.take(optionalWhitespace)
    if (reader.atEnd()) throw new StructuredFieldError('ends in a comma')
  }
  return members
}

/** RFC 9651 §4.1.1.1. */
export function serializeInnerList(list: InnerList): string {
  const items = list.items.map((item) => `${serializeBare(item.bare)}${serializeParameters(item.parameters)}`)
  return `(${items.join(' ')})${serializeParameters(list.parameters)}`
}

/** RFC 9651 §4.1.3.1. */
export function serializeBare(bare: BareItem): string {
  if (bare.kind === 'string') return `"${bare.value.replace(/["\\]/g, '\\$&')}"`
  if (bare.kind === 'bytes') return `:${btoa(String.fromCharCode(...bare.value))}:`
  if (bare.kind === 'boolean') return bare.value ? '?1' : '?0'
  return String(bare.value)
}

function serializeParameters(parameters: Parameters): string {
  let text = ''
  for (const [key, bare] of parameters) {
    text += bare.kind === 'boolean' && bare.value ? `;${key}` : `;${key}=${serializeBare(bare)}`
  }
  return text
}

const yes: BareItem = { kind: 'boolean', value: true }
const spaces = / */y
const optionalWhitespace = /[ \t]*/y
const keyForm = /[a-z*][a-z0-9_.*-]*/y

type Form = { readonly pattern: RegExp; read(inner: string): BareItem }

// By the first character, as RFC 9651 §4.2.3.1 tells them apart. What may not stand behind a value, such as the point
// of a decimal, is found by whoever reads on.
const forms: readonly Form[] = [
  // `+ 0`: there is no negative zero in the RFC.
  { pattern: /(-?[0-9]{1,15})/y, read: (inner) => ({ kind: 'integer', value: Number(inner) + 0 }) },
  {
    pattern: /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y,
    read: (inner) => ({ kind: 'string', value: inner.replace(/\\(["\\])/g, '$1') }),
  },
  { pattern: /:([A-Za-z0-9+/=]*):/y, read: (inner) => ({ kind: 'bytes', value: fromBase64(inner) }) },
  { pattern: /\?([01])/y, read: (inner) => ({ kind: 'boolean', value: inner === '1' }) },
  { pattern: /([A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)/y, read: (inner) => ({ kind: 'token', value: inner }) },
]

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    // RFC 9651 §4.2: spaces behind the whole are discarded.
    return this.#text.length - this.#at === 0 || /^ +$/.test(this.#text.slice(this.#at))
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at = pattern.lastIndex
    return found
  }

  takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  expect(character: string): void {
    if (!this.takes(character)) throw new StructuredFieldError(`no ${character} where one must be`)
  }

  key(): string {
    const found = this.take(keyForm)
    if (found === null) throw new StructuredFieldError('no key where one must be')
    return found[0]
  }

  member(): Item | InnerList {
    return this.takes('(') ? this.#list() : this.item()
  }

  item(bare: BareItem = this.#bare()): Item {
    return { kind: 'item', bare, parameters: this.#parameters() }
  }

  #list(): InnerList {
    const items: Item[] = []
    while (true) {
      const spaced = this.take(spaces)?.[0] !== ''
      if (this.takes(')')) return { kind: 'list', items, parameters: this.#parameters() }
      if (items.length > 0 && !spaced) throw new StructuredFieldError('no space between two items')
      items.push(this.item())
    }
  }

  #parameters(): Parameters {
    const parameters = new Map<string, BareItem>()
    while (this.takes(';')) {
      this.take(spaces)
      const key = this.key()
      if (parameters.has(key)) throw new StructuredFieldError('a parameter comes twice')
      parameters.set(key, this.takes('=') ? this.#bare() : yes)
    }
    return parameters
  }

  #bare(): BareItem {
    for (const form of forms) {
      const found = this.take(form.pattern)
      if (found !== null) return form.read(found[1] as string)
    }
    throw new StructuredFieldError('no value where one must be')
  }
}

function fromBase64(text: string): Uint8Array {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    throw new StructuredFieldError('not base64')
  }
  // The decoder forgives missing padding and bits behind the end; two texts would stand for the same bytes.
  if (btoa(binary) !== text) throw new StructuredFieldError('not canonical base64')
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
