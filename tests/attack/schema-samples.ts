/** What is used of JSON Schema in the API's description. */
export type Schema = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
}

/** From a value to a place in it. */
export type Way = readonly (string | number)[]
/** Values that exist, by the name of their field; where one may be used once only, what makes the next. */
export type Known = Readonly<Record<string, string | (() => string)>>
/** The name of a field of a record is what is attacked, as in `body.roles.<name>`. */
const itsName = '<name>'
/** A name in a record, where what stands under it is attacked. */
const someName = 'x'

/** A schema without its choices: one for each side. */
export function* shapesOf(schema: Schema): Generator<Schema> {
  if (schema.anyOf === undefined) yield schema
  else for (const side of schema.anyOf) yield* shapesOf(side)
}

/** The ways to the strings of a value. */
export function waysTo(schema: Schema, depth = 0): Way[] {
  if (depth > 6) return []
  if (schema.anyOf !== undefined) return distinct(schema.anyOf.flatMap((side) => waysTo(side, depth + 1)))
  if (schema.type === 'string' || typeof schema.const === 'string') return [[]]
  if (schema.type === 'array' && schema.items !== undefined)
    return waysTo(schema.items, depth + 1).map((way) => [0, ...way])
  if (isRecord(schema)) {
    const inner = valueIn(schema)
    const under = isAnything(inner) ? [[]] : waysTo(inner, depth + 1)
    return [[itsName], ...under.map((way) => [someName, ...way])]
  }
  const fields = Object.entries(schema.properties ?? {})
  return fields.flatMap(([name, field]) => waysTo(field, depth + 1).map((way) => [name, ...way]))
}

/** What may stand at the end of a way. */
export function leavesAt(schema: Schema, way: Way): Schema[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((side) => leavesAt(side, way))
  const [step, ...rest] = way
  if (step === undefined) return [schema]
  if (typeof step === 'number') return schema.items === undefined ? [] : leavesAt(schema.items, rest)
  if (isRecord(schema)) return step === itsName ? [{}] : leavesAt(valueIn(schema), rest)
  const inner = schema.properties?.[step]
  return inner === undefined ? [] : leavesAt(inner, rest)
}

/** Whether a schema lets a string in. */
export function fits(schema: Schema | undefined, text: string): boolean {
  if (schema === undefined || isAnything(schema)) return true
  if (schema.anyOf !== undefined) return schema.anyOf.some((side) => fits(side, text))
  if (schema.const !== undefined) return schema.const === text
  if (schema.type !== 'string' || schema.format !== undefined) return false
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema
  const { length } = [...text]
  return length >= minLength && length <= maxLength && (pattern === undefined || new RegExp(pattern, 'u').test(text))
}

const isRecord = ({ patternProperties }: Schema) => patternProperties !== undefined
const valueIn = ({ patternProperties }: Schema): Schema => Object.values(patternProperties ?? {})[0] ?? {}
const isAnything = (schema: Schema) => Object.keys(schema).length === 0

const distinct = (ways: readonly Way[]) => [...new Map(ways.map((way) => [JSON.stringify(way), way])).values()]

/** A value that a schema allows: with what is required, and with what lies on the way. */
export function sample(schema: Schema, known: Known, way: Way = [], name = ''): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) {
    const side = schema.anyOf.find((each) => way.length === 0 || waysTo(each).some((one) => one[0] === way[0]))
    return sample(side ?? (schema.anyOf[0] as Schema), known, way, name)
  }
  if (schema.type === 'string') return typed(known[name]) ?? word(schema)
  if (schema.type === 'array') {
    const least = Math.max(schema.minItems ?? 0, way.length > 0 ? 1 : 0)
    return Array.from({ length: least }, () => sample(schema.items ?? { type: 'string' }, known, way.slice(1), name))
  }
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return false
  if (isRecord(schema)) {
    const inner = valueIn(schema)
    if (way.length === 0) return {}
    return { [someName]: isAnything(inner) ? '' : sample(inner, known, way.slice(1), name) }
  }
  const fields = Object.entries(schema.properties ?? {})
  const needed = fields.filter(([field]) => schema.required?.includes(field) || field === way[0])
  return Object.fromEntries(
    needed.map(([field, inner]) => [field, sample(inner, known, field === way[0] ? way.slice(1) : [], field)]),
  )
}

const typed = (value: Known[string] | undefined) => (typeof value === 'function' ? value() : value)

/** Texts for the patterns that occur. */
const simple = [
  ...[
    'words',
    'a.b',
    '1',
    '123456',
    '#a0b0c0',
    '+4915112345678',
    '/x',
    'https://receiver.localhost/',
    'x@example.org',
    'aaa.bbb.ccc',
  ],
]

function word({ pattern, format, minLength = 0, maxLength = 2_000 }: Schema): string {
  if (format === 'date-time') return new Date(Date.now() + 30 * 86_400_000).toISOString()
  if (format === 'uuid') return '6f1c6b1e-2f0e-4c5a-9d3b-0a1b2c3d4e5f'
  if (pattern === undefined) return 'x'.repeat(Math.max(minLength, Math.min(8, maxLength)))
  const expression = new RegExp(pattern, 'u')
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength && expression.test(text)
  const id = /\b([a-z]{3})\)?_\[a-z2-7\]\{26\}/.exec(pattern)?.[1]
  const length = Number(/\{(\d+)(?:,\d+)?\}\$$/.exec(pattern)?.[1] ?? minLength)
  const found = [...simple, `${id}_${'a'.repeat(26)}`, 'a'.repeat(length), 'A'.repeat(Math.max(minLength, 1))].find(
    fits,
  )
  if (found === undefined) throw new Error(`no text for the pattern ${pattern}: name one`)
  return found
}

/** The same value with something else at the end of a way. */
export function put(value: unknown, way: Way, payload: string): unknown {
  const [step, ...rest] = way
  if (step === undefined) return payload
  if (step === itsName) return { [payload]: Object.values(value as object)[0] }
  if (typeof step === 'number') return [put((value as unknown[])[step], rest, payload)]
  return { ...(value as object), [step]: put((value as Record<string, unknown>)?.[step], rest, payload) }
}
