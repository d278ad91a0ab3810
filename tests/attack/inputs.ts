import type { Sent } from './send.ts'

/** What is used of JSON Schema in the API's description. */
type Schema = {
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
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }
type Declared = {
  readonly parameters?: readonly Parameter[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
}
export type Description = { readonly paths: Readonly<Record<string, Readonly<Record<string, Declared>>>> }

/** One place for a string in one operation: the rest of the request is as the description allows. */
export type Input = {
  readonly method: string
  readonly route: string
  /** For a reader, as in `body.scopes[0]` and `path.userId`. */
  readonly place: string
  readonly signedIn: boolean
  request(payload: string): Sent
  /** Whether the description lets this string in there. */
  takes?(payload: string): boolean
}

type Way = readonly (string | number)[]
export type Known = Readonly<Record<string, string | (() => string)>>
/** The name of a field of a record is what is attacked, as in `body.roles.<name>`. */
const itsName = '<name>'
/** A name in a record, where what stands under it is attacked. */
const someName = 'x'

/**
 * Every string that an operation takes: in its path, its query and its JSON, at any depth, each side of an `anyOf`, names of records
 * included; a body of another kind as a whole.
 *
 * @param known values that exist, by the name of their field, so that a request comes further than a lookup; where one may be
 * used once only, what makes the next.
 */
export function inputsOf(description: Description, known: Known): readonly Input[] {
  const operations = Object.entries(description.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, declared]) => ({ route, method: method.toUpperCase(), declared })),
  )
  return operations.flatMap(({ route, method, declared }) => {
    const parameters = declared.parameters ?? []
    const content = declared.requestBody?.content ?? {}
    const schema = content['application/json']?.schema
    const shapes = schema === undefined ? [undefined] : [...shapesOf(schema)]
    const signedIn = (declared.security ?? []).length > 0
    const declaredAt = (place: string) => parameters.find((each) => `${each.in}.${each.name}` === place)?.schema
    const one = (place: string, given: Record<string, string>, body: unknown, request?: Input['request']): Input => ({
      ...{ method, route, place, signedIn },
      takes: (payload) => fits(declaredAt(place), payload),
      request:
        request ??
        ((payload) => ({
          path: pathOf(route, parameters, known, { ...given, [place]: payload }),
          ...(body === undefined ? {} : { body }),
        })),
    })
    const first = shapes[0] === undefined ? undefined : sample(shapes[0], known)
    const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path.${name}`)
    const queries = parameters.filter((each) => each.in === 'query').map(({ name }) => `query.${name}`)
    const aside = [...names, ...queries].map((place) => one(place, {}, first))
    const inside = shapes.flatMap((shape) => {
      if (shape === undefined) return []
      return waysTo(shape).map((way) => ({
        ...one(
          `body${way.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`,
          {},
          null,
          (payload) => ({
            path: pathOf(route, parameters, known, {}),
            body: put(sample(shape, known, way), way, payload),
          }),
        ),
        takes: (payload: string) => leavesAt(shape, way).some((leaf) => fits(leaf, payload)),
      }))
    })
    const whole = Object.keys(content)
      .filter((type) => type !== 'application/json')
      .map((type) =>
        one('body', {}, null, (text) => {
          const headers = {
            'content-type': type === '*/*' ? 'text/plain' : type,
            'content-disposition': attachment(text),
          }
          return { path: pathOf(route, parameters, known, {}), text, headers }
        }),
      )
    return [...aside, ...inside, ...whole]
  })
}

/** What an operation allows, with nothing in it but what it must have. */
export function sampleRequest(description: Description, method: string, route: string, known: Known): Sent {
  const declared = description.paths[route]?.[method.toLowerCase()] as Declared
  const schema = declared.requestBody?.content['application/json']?.schema
  const path = pathOf(route, declared.parameters ?? [], known, {})
  return schema === undefined ? { path } : { path, body: sample(schema, known) }
}

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}.txt`

/** What is read of a request beside its address and body. */
const headerNames = [
  ...[
    'accept',
    'accept-encoding',
    'accept-language',
    'authorization',
    'cache-control',
    'cookie',
    'content-disposition',
  ],
  ...[
    'content-encoding',
    'content-language',
    'content-type',
    'custodia-assertion',
    'custodia-csrf',
    'date',
    'dpop',
    'forwarded',
  ],
  ...[
    'if-match',
    'if-modified-since',
    'if-none-match',
    'idempotency-key',
    'origin',
    'prefer',
    'priority',
    'range',
    'referer',
  ],
  ...['sec-ch-ua', 'sec-ch-ua-platform', 'sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'sec-secure-session-id'],
  ...[
    'secure-session-response',
    'signature',
    'signature-input',
    'content-digest',
    'tracestate',
    'traceparent',
    'user-agent',
  ],
  ...[
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'x-request-id',
    'webhook-id',
    'webhook-signature',
  ],
]

/** Each of these headers as an input of one request. */
export const headersOf = (method: string, sent: Sent, signedIn: boolean): readonly Input[] =>
  headerNames.map((name) => ({
    ...{ method, route: sent.path, place: `header.${name}`, signedIn },
    request: (payload) => ({ ...sent, headers: { ...sent.headers, [name]: headerText(payload) } }),
  }))

/** As bytes of UTF-8, without what no header can hold: that is tried on bare sockets, elsewhere. */
export const headerText = (payload: string) =>
  Buffer.from(payload.toWellFormed().replace(/\p{Cc}/gu, ' '))
    .toString('latin1')
    .trim()

function pathOf(route: string, parameters: readonly Parameter[], known: Known, given: Record<string, string>): string {
  const schemas = new Map(parameters.map((each) => [`${each.in}.${each.name}`, each.schema]))
  const path = route.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(
      (
        given[`path.${name}`] ?? String(sample(schemas.get(`path.${name}`) ?? { type: 'string' }, known, [], name))
      ).toWellFormed(),
    ),
  )
  const query = new URLSearchParams()
  for (const each of parameters) {
    if (each.in !== 'query') continue
    const value = given[`query.${each.name}`]
    if (value !== undefined) query.set(each.name, value.toWellFormed())
    else if (each.required === true) query.set(each.name, String(sample(each.schema, known, [], each.name)))
  }
  return query.size === 0 ? path : `${path}?${query}`
}

/** A schema without its choices: one for each side. */
function* shapesOf(schema: Schema): Generator<Schema> {
  if (schema.anyOf === undefined) yield schema
  else for (const side of schema.anyOf) yield* shapesOf(side)
}

/** The ways to the strings of a value. */
function waysTo(schema: Schema, depth = 0): Way[] {
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
function leavesAt(schema: Schema, way: Way): Schema[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((side) => leavesAt(side, way))
  const [step, ...rest] = way
  if (step === undefined) return [schema]
  if (typeof step === 'number') return schema.items === undefined ? [] : leavesAt(schema.items, rest)
  if (isRecord(schema)) return step === itsName ? [{}] : leavesAt(valueIn(schema), rest)
  const inner = schema.properties?.[step]
  return inner === undefined ? [] : leavesAt(inner, rest)
}

/** Whether a schema lets a string in. */
function fits(schema: Schema | undefined, text: string): boolean {
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
function sample(schema: Schema, known: Known, way: Way = [], name = ''): unknown {
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
function put(value: unknown, way: Way, payload: string): unknown {
  const [step, ...rest] = way
  if (step === undefined) return payload
  if (step === itsName) return { [payload]: Object.values(value as object)[0] }
  if (typeof step === 'number') return [put((value as unknown[])[step], rest, payload)]
  return { ...(value as object), [step]: put((value as Record<string, unknown>)?.[step], rest, payload) }
}
