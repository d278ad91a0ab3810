import { extensionFunctions } from './extension-functions.ts'
import { Failure } from './failure.ts'
import { limits } from './limits.ts'
import { longOf } from './long.ts'
import { ValueRefused } from './refusal.ts'
import type { CedarRecord, EntityUid, Value } from './values.ts'
import { CedarSet, entityUid } from './values.ts'

/** What is left of a value's measure while it is read. */
type Measure = { left: number }

/**
 * Reads a value in Cedar's JSON form: `{"__entity": {type, id}}`, `{"__extn": {fn, arg}}` or `{fn, args}`, and plain values. Longs
 * outside of ±(2^53 - 1) have to be `bigint`: a `number` there was rounded, and nobody knows from what.
 *
 * @throws ValueRefused where it is no Cedar value, or larger than `limits` allow.
 */
export const valueFromJson = (json: unknown): Value => read(json, 0, { left: limits.values })

/** Reads a context, or the attributes or tags of an entity. Members that are `undefined` are not there. @throws ValueRefused as above. */
export function recordFromJson(json: unknown): CedarRecord {
  if (!isPlainObject(json)) throw new ValueRefused('a record is wanted')
  return readRecord(json, 0, { left: limits.values })
}

/** Reads `{type, id}`, also inside of `__entity`. @throws ValueRefused where it is no name of an entity. */
export function entityFromJson(json: unknown): EntityUid {
  if (!isPlainObject(json)) throw new ValueRefused('the name of an entity is wanted')
  const escaped = member(json, '__entity')
  if (escaped !== undefined) return entityFromJson(only(json, ['__entity']) && escaped)
  only(json, ['type', 'id'])
  const id = member(json, 'id')
  if (typeof id === 'string' && id.length > limits.textLength) throw new ValueRefused('an identifier is too long')
  return entityUid(member(json, 'type') as string, id as string)
}

/** The text, if it may stand in a policy or a request. @throws ValueRefused where it is too long or holds half a character. */
export function textOf(text: string): string {
  if (text.length > limits.textLength) throw new ValueRefused(`a text is longer than ${limits.textLength} units`)
  if (!text.isWellFormed()) throw new ValueRefused('a text holds half a character')
  return text
}

function read(json: unknown, depth: number, measure: Measure): Value {
  if (--measure.left < 0) throw new ValueRefused(`there are more than ${limits.values} values`)
  if (depth > limits.valueDepth) throw new ValueRefused(`there are more than ${limits.valueDepth} levels`)
  switch (typeof json) {
    case 'boolean':
      return json
    case 'string':
      return textOf(json)
    case 'number':
      if (!Number.isSafeInteger(json)) throw new ValueRefused('a number is no integer, or was rounded')
      return json + 0
    case 'bigint': {
      const long = longOf(json)
      if (long === undefined) throw new ValueRefused('a number has more than 64 bits')
      return long
    }
  }
  if (Array.isArray(json)) return new CedarSet(Array.from(json, (element) => read(element, depth + 1, measure)))
  if (!isPlainObject(json)) throw new ValueRefused('that is no Cedar value')
  return readObject(json, depth, measure)
}

function readObject(json: Readonly<Record<string, unknown>>, depth: number, measure: Measure): Value {
  if (member(json, '__entity') !== undefined) return entityFromJson(json)
  const call = member(json, '__extn')
  if (call === undefined) return readRecord(json, depth, measure)
  only(json, ['__extn'])
  const { name, args } = extensionCall(call)
  const [first, second] = args.map((arg) => read(arg, depth + 1, measure))
  const result = extensionFunctions.get(name)?.apply(first ?? false, second ?? false)
  if (result === undefined || result instanceof Failure) throw new ValueRefused(`${name} does not take that`)
  return result
}

/** `{fn, arg}` or `{fn, args}`, with a function that exists and as many arguments as it has. @throws ValueRefused elsewhere. */
export function extensionCall(json: unknown): { name: string; args: readonly unknown[] } {
  if (!isPlainObject(json)) throw new ValueRefused('a call of an extension is wanted')
  const name = member(json, 'fn')
  const several = member(json, 'args')
  only(json, several === undefined ? ['fn', 'arg'] : ['fn', 'args'])
  const args = several === undefined ? [member(json, 'arg')] : several
  if (typeof name !== 'string' || !Array.isArray(args)) throw new ValueRefused('a call of an extension is wanted')
  const known = extensionFunctions.get(name)
  if (known === undefined) throw new ValueRefused('there is no such extension function')
  if (known.arity !== args.length) throw new ValueRefused(`${name} takes ${known.arity}`)
  return { name, args }
}

function readRecord(json: Readonly<Record<string, unknown>>, depth: number, measure: Measure): CedarRecord {
  const record = new Map<string, Value>()
  for (const name of Object.keys(json)) {
    // Cedar reads `{"__entity": 7}` as a record. Here it is taken for the mistake that it is.
    if (name === '__entity' || name === '__extn' || name === '__expr')
      throw new ValueRefused(`${name} can't stand here`)
    const value = json[name]
    if (value !== undefined) record.set(textOf(name), read(value, depth + 1, measure))
  }
  return record
}

export function isPlainObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/** Never one that was inherited: `constructor` is no member of `{}`. */
export const member = (json: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(json, name) ? json[name] : undefined

function only(json: Readonly<Record<string, unknown>>, names: readonly string[]): true {
  for (const name of Object.keys(json)) {
    if (!names.includes(name) && json[name] !== undefined) throw new ValueRefused(`there is more than ${names.join()}`)
  }
  return true
}
