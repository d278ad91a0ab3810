import type { Long } from './long.ts'
import { ValueRefused } from './refusal.ts'

/** What an expression may give. Types are never mixed: values of different types are unequal, without an error. */
export type Value = boolean | Long | string | EntityUid | CedarSet | CedarRecord | ExtensionValue
export type CedarRecord = ReadonlyMap<string, Value>
export type ExtensionValue = Decimal | IpAddress | Datetime | Duration

/** The name of an entity. Made by `entityUid`, which looks at the type. */
export class EntityUid {
  readonly type: string
  readonly id: string
  /** Equal for equal names only: a type has no U+0000. */
  readonly key: string

  constructor(type: string, id: string) {
    this.type = type
    this.id = id
    this.key = `${type}\u0000${id}`
  }
}

/** Ten-thousandths, as Cedar counts them. */
export class Decimal {
  readonly tenThousandths: Long
  constructor(tenThousandths: Long) {
    this.tenThousandths = tenThousandths
  }
}

/** An address or a range of them. IPv4 is one word of 32 bits, IPv6 four; an IPv4 address in IPv6 is IPv6 and nothing else. */
export class IpAddress {
  readonly words: readonly number[]
  readonly prefix: number
  constructor(words: readonly number[], prefix: number) {
    this.words = words
    this.prefix = prefix
  }
}

export class Datetime {
  readonly epochMs: Long
  constructor(epochMs: Long) {
    this.epochMs = epochMs
  }
}

export class Duration {
  readonly ms: Long
  constructor(ms: Long) {
    this.ms = ms
  }
}

/**
 * A set, in which each value stands once. Plain values are found by themselves, composed ones by a text that is equal for equal
 * values: so membership takes the same time in sets of any size, and nobody makes a decision slow with a long list.
 */
export class CedarSet {
  readonly #plain = new Set<Value>()
  #composed = nothing

  constructor(values: Iterable<Value>) {
    for (const value of values) {
      if (typeof value !== 'object') this.#plain.add(value)
      else {
        if (this.#composed === nothing) this.#composed = new Map()
        this.#composed.set(keyOf(value), value)
      }
    }
  }

  get size(): number {
    return this.#plain.size + this.#composed.size
  }

  has(value: Value): boolean {
    return typeof value === 'object'
      ? this.#composed.size > 0 && this.#composed.has(keyOf(value))
      : this.#plain.has(value)
  }

  hasAll(other: CedarSet): boolean {
    if (other.size > this.size) return false
    for (const value of other.#plain) if (!this.#plain.has(value)) return false
    for (const key of other.#composed.keys()) if (!this.#composed.has(key)) return false
    return true
  }

  hasAny(other: CedarSet): boolean {
    return !this.#plain.isDisjointFrom(other.#plain) || sharesKey(this.#composed, other.#composed)
  }

  /** Every value once, in no promised order. */
  *values(): Generator<Value> {
    yield* this.#plain
    yield* this.#composed.values()
  }
}

/** Most sets hold plain values alone. */
const nothing = new Map<string, Value>()

function sharesKey(left: ReadonlyMap<string, Value>, right: ReadonlyMap<string, Value>): boolean {
  const [few, many] = left.size <= right.size ? [left, right] : [right, left]
  for (const key of few.keys()) if (many.has(key)) return true
  return false
}

/** Cedar's `==`: never an error, false across types. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object') return false
  if (left instanceof EntityUid) {
    return right instanceof EntityUid && left.id === right.id && left.type === right.type
  }
  if (left instanceof CedarSet) {
    return right instanceof CedarSet && left.size === right.size && left.hasAll(right)
  }
  if (left instanceof Map) return right instanceof Map && sameRecord(left, right)
  return keyOf(left) === keyOf(right)
}

function sameRecord(left: CedarRecord, right: CedarRecord): boolean {
  if (left.size !== right.size) return false
  for (const [name, value] of left) {
    const other = right.get(name)
    if (other === undefined || !equal(value, other)) return false
  }
  return true
}

/** A text that two values share exactly where they are equal. The first character tells the type. */
function keyOf(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof EntityUid) return `E${JSON.stringify(value.key)}`
  if (value instanceof CedarSet) return `[${Array.from(value.values(), keyOf).sort().join()}]`
  if (value instanceof Decimal) return `D${value.tenThousandths}`
  if (value instanceof IpAddress) return `I${value.words.join('.')}/${value.prefix}`
  if (value instanceof Datetime) return `T${value.epochMs}`
  if (value instanceof Duration) return `P${value.ms}`
  const fields = Array.from(value, ([name, field]) => `${JSON.stringify(name)}:${keyOf(field)}`)
  return `{${fields.sort().join()}}`
}

const typeName = /^[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)*$/
const reserved = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar'])
const knownTypes = new Set<string>()

/** Whether it may name a type of entities: identifiers between `::`, none of them reserved, at most 1,024 characters. */
export function isEntityType(name: string): boolean {
  if (knownTypes.has(name)) return true
  if (name.length > 1_024 || !typeName.test(name)) return false
  if (name.split('::').some((part) => reserved.has(part))) return false
  if (knownTypes.size >= 1_000) knownTypes.clear()
  knownTypes.add(name)
  return true
}

/** @throws ValueRefused where the type is no name of a type, or the identifier is no text. */
export function entityUid(type: string, id: string): EntityUid {
  if (typeof type !== 'string' || !isEntityType(type)) throw new ValueRefused('that is no type of an entity')
  if (typeof id !== 'string' || !id.isWellFormed()) throw new ValueRefused('an identifier is no well-formed text')
  return new EntityUid(type, id)
}
