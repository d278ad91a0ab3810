import { parseStrictJson } from '../strict-json.ts'
import { UnfitInput } from '../unfit.ts'
import type { OpenApiDocument, Part } from './document.ts'
import { OpenApiUnusable, partOf, resolved } from './document.ts'
import { typesOf } from './json-schema.ts'
import type { Pieces } from './query.ts'
import { decoded } from './query.ts'
import type { SchemaCheck, Schemas } from './schemas.ts'
import { innerSchema, memberNames, readingsOf } from './text-value.ts'

/** What an operation is sent beside its body: everything as text, as it came. */
export type Sent = {
  readonly query: Pieces
  /** Decoded. */
  readonly path: ReadonlyMap<string, string>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly cookies: ReadonlyMap<string, readonly string[]>
}

export type Place = 'query' | 'path' | 'header' | 'cookie'

/** One declared parameter. @throws UnfitInput where what was sent does not fit. */
export type Parameter = {
  readonly name: string
  readonly place: Place
  /** The names in a query that belong to it. */
  readonly names: ReadonlySet<string>
  check(sent: Sent): void
}

// OpenAPI 3.1.1 §4.8.12.1: these are described elsewhere, and a parameter of the name is ignored.
const ignored = new Set(['accept', 'content-type', 'authorization'])
const usualStyles = { query: 'form', path: 'simple', header: 'simple', cookie: 'form' } as const
const separators: Readonly<Record<string, RegExp>> = {
  form: /,/,
  simple: /,/,
  spaceDelimited: /%20|\+/,
  pipeDelimited: /\||%7c/i,
}

/** @returns null where the document says to ignore it. @throws OpenApiUnusable where its style is none that is read here. */
export function parameterOf(
  document: OpenApiDocument,
  schemas: Schemas,
  value: unknown,
  where: string,
): Parameter | null {
  const part = resolved(document, value, where)
  const { name, in: place } = part
  if (typeof name !== 'string' || name === '') throw new OpenApiUnusable(where, 'has no name')
  if (!isPlace(place)) throw new OpenApiUnusable(where, 'is in no place that there is')
  if (place === 'header' && ignored.has(name.toLowerCase())) return null
  const field = `${place}.${place === 'header' ? name.toLowerCase() : name}`
  const required = part.required === true || place === 'path'
  const reader =
    part.content === undefined ? bySchema(document, schemas, part, place, where) : byContent(schemas, part, where)
  return {
    name,
    place,
    names: reader.names(name),
    check(sent) {
      const value = reader.read(name, sent, field)
      if (value === undefined) {
        if (required) throw new UnfitInput(field, 'is missing')
        return
      }
      for (const reading of value) if (reader.holds(reading, field) === null) return
      const unfit = reader.holds(value.at(0), field)
      if (unfit !== null) throw new UnfitInput(unfit.field, unfit.detail)
    },
  }
}

/** How a parameter is found and read: `read` gives what it may mean, or undefined where it was not sent. */
type Reader = {
  names(name: string): ReadonlySet<string>
  read(name: string, sent: Sent, field: string): readonly unknown[] | undefined
  readonly holds: SchemaCheck
}

function bySchema(document: OpenApiDocument, schemas: Schemas, part: Part, place: Place, where: string): Reader {
  const style = String(part.style ?? usualStyles[place])
  const explode = (part.explode ?? style === 'form') === true
  const holds = schemas.check(part.schema ?? {}, `${where}.schema`)
  const types = typesOf(document, part.schema, where)
  if (types.has('object')) return ofObject(document, part, place, style, explode, holds, where)
  const separator = separators[style]
  if (separator === undefined) throw new OpenApiUnusable(where, `has the style ${style}, which is not read here`)
  const readItem = readingsOf(document, innerSchema(document, part.schema, where), where)
  const readOne = readingsOf(document, part.schema, where)
  const several = place === 'query' && explode && style === 'form'
  return {
    names: (name) => new Set([name]),
    holds,
    read(name, sent, field) {
      const found = rawOf(place, name, sent)
      if (found.length === 0) return undefined
      const text = (one: string) => (place === 'query' ? decoded(one, field) : one)
      if (types.has('array')) {
        if (!several && found.length > 1) throw new UnfitInput(field, 'appears twice')
        const items = several ? found : (found[0] as string).split(separator)
        return [items.map((one) => readItem(place === 'header' ? one.trim() : text(one))[0])]
      }
      if (found.length > 1) throw new UnfitInput(field, 'appears twice')
      return readOne(text(found[0] as string))
    },
  }
}

/** An object in a query: `filter[a]=1`, or each member as a parameter of its own. */
function ofObject(
  document: OpenApiDocument,
  part: Part,
  place: Place,
  style: string,
  explode: boolean,
  holds: SchemaCheck,
  where: string,
): Reader {
  const deep = style === 'deepObject'
  if (place !== 'query' || !(deep || (style === 'form' && explode)))
    throw new OpenApiUnusable(
      where,
      'is an object in a style that is not read here: use deepObject, or form with explode',
    )
  const members = memberNames(document, part.schema, where)
  const reading = new Map(
    members.map((one) => [one, readingsOf(document, innerSchema(document, part.schema, where, one), where)] as const),
  )
  const named = (name: string) => new Map(members.map((one) => [deep ? `${name}[${one}]` : one, one] as const))
  return {
    names: (name) => new Set(named(name).keys()),
    holds,
    read(name, { query }, field) {
      const value: Record<string, unknown> = {}
      for (const [key, member] of named(name)) {
        const found = query.get(key) ?? []
        if (found.length > 1) throw new UnfitInput(`${field}.${member}`, 'appears twice')
        if (found.length === 1) value[member] = reading.get(member)?.(decoded(found[0] as string, field))[0]
      }
      return Object.keys(value).length === 0 ? undefined : [value]
    },
  }
}

/** A parameter that is JSON (`content`). */
function byContent(schemas: Schemas, part: Part, where: string): Reader {
  const [type, media] = Object.entries(partOf(part.content, `${where}.content`))[0] ?? []
  if (type !== 'application/json') throw new OpenApiUnusable(`${where}.content`, 'is not application/json')
  const holds = schemas.check(partOf(media, where).schema ?? {}, `${where}.content.schema`)
  const place = part.in as Place
  return {
    names: (name) => new Set([name]),
    holds,
    read(name, sent, field) {
      const found = rawOf(place, name, sent)
      if (found.length > 1) throw new UnfitInput(field, 'appears twice')
      const [one] = found
      if (one === undefined) return undefined
      const text = place === 'query' ? decoded(one, field) : one
      try {
        return [parseStrictJson(new TextEncoder().encode(text))]
      } catch (error) {
        if (error instanceof UnfitInput) throw new UnfitInput(error.field.replace('body', field), error.detail)
        throw error
      }
    },
  }
}

function rawOf(place: Place, name: string, { query, path, headers, cookies }: Sent): readonly string[] {
  if (place === 'query') return query.get(name) ?? []
  if (place === 'cookie') return cookies.get(name) ?? []
  const one = place === 'path' ? path.get(name) : headers[name.toLowerCase()]
  return one === undefined ? [] : [one].flat()
}

const isPlace = (value: unknown): value is Place =>
  value === 'query' || value === 'path' || value === 'header' || value === 'cookie'

/** The cookies of a header, by name; a name may stand more than once. */
export function cookiesOf(header: string | undefined): ReadonlyMap<string, readonly string[]> {
  const cookies = new Map<string, string[]>()
  for (const piece of (header ?? '').split(';')) {
    const equals = piece.indexOf('=')
    if (equals === -1) continue
    const name = piece.slice(0, equals).trim()
    const known = cookies.get(name) ?? []
    cookies.set(name, [...known, piece.slice(equals + 1).trim()])
  }
  return cookies
}
