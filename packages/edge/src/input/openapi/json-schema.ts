import type { OpenApiDocument, Part } from './document.ts'
import { entriesOf, OpenApiUnusable, partOf, resolved } from './document.ts'

/** Which way what is checked goes: a request may not bring what is `readOnly`, a reply may not have what is `writeOnly`. */
export type Direction = 'request' | 'reply'

const single = ['not', 'if', 'then', 'else', 'additionalProperties', 'unevaluatedProperties', 'items']
const singles = new Set([...single, 'unevaluatedItems', 'contains', 'propertyNames'])
const lists = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas'])
const plain = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'format', 'maxItems', 'minItems', 'maxContains', 'minContains'],
  ...['maxProperties', 'minProperties', 'required', 'dependentRequired'],
])
// About people who read, not about values.
const silent = new Set([
  ...['title', 'description', 'default', 'deprecated', 'readOnly', 'writeOnly', 'example', 'examples', 'externalDocs'],
  ...['xml', 'discriminator', '$comment', 'contentEncoding', 'contentMediaType', 'nullable', 'uniqueItems'],
])
const reference = /^#\/components\/schemas\/([^/]+)((?:\/[^/]+)*)$/
/** What all schemas of a document are found under. */
export const documentId = 'custodia:document'
const maxPattern = 1_000

/**
 * A schema of the document as JSON Schema 2020-12, with references into `$defs`. A word that is not known is a mistake: what it was meant
 * to forbid would pass.
 *
 * @throws OpenApiUnusable
 */
export function jsonSchema(document: OpenApiDocument, value: unknown, where: string, direction: Direction): unknown {
  if (typeof value === 'boolean' && document.version === '3.1') return value
  const schema = partOf(value, where)
  const out: Record<string, unknown> = {}
  if (schema.$ref !== undefined) {
    out.$ref = definition(document, schema.$ref, where)
    // OpenAPI 3.0.3, Reference Object: whatever stands beside it is ignored.
    if (document.version === '3.0') return out
  }
  const inner = (one: unknown, name: string) => jsonSchema(document, one, `${where}.${name}`, direction)
  for (const [word, said] of Object.entries(schema)) {
    if (word === '$ref' || silent.has(word) || word.startsWith('x-')) continue
    else if (plain.has(word)) out[word] = said
    else if (singles.has(word)) out[word] = inner(said, word)
    else if (lists.has(word)) {
      if (!Array.isArray(said)) throw new OpenApiUnusable(`${where}.${word}`, 'is not a list')
      out[word] = said.map((one, i) => inner(one, `${word}.${i}`))
    } else if (maps.has(word))
      out[word] = Object.fromEntries(
        entriesOf(said, `${where}.${word}`).map(([name, one]) => [name, inner(one, `${word}.${name}`)]),
      )
    else throw new OpenApiUnusable(`${where}.${word}`, 'is not a word that is checked here')
  }
  if (schema.uniqueItems === true) out.distinct = true
  if (typeof schema.pattern === 'string' && schema.pattern.length > maxPattern)
    throw new OpenApiUnusable(`${where}.pattern`, `is longer than ${maxPattern} characters`)
  if (document.version === '3.0') asOf30(schema, out)
  oneWay(document, schema, out, direction, where)
  return out
}

function definition(document: OpenApiDocument, ref: unknown, where: string): string {
  const match = typeof ref === 'string' ? reference.exec(ref) : null
  if (match === null) throw new OpenApiUnusable(where, 'refers to something else than #/components/schemas/…')
  resolved(document, { $ref: `#/components/schemas/${match[1]}` }, where)
  return `${documentId}#/$defs/${match[1]}${match[2]}`
}

/** Words that OpenAPI 3.0 spells otherwise: `nullable`, and bounds that are exclusive by a flag. */
function asOf30(schema: Part, out: Record<string, unknown>): void {
  if (schema.nullable === true && typeof schema.type === 'string') out.type = [schema.type, 'null']
  if (schema.nullable === true && Array.isArray(schema.enum)) out.enum = [...schema.enum, null]
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue
    delete out[flag]
    if (!schema[flag]) continue
    out[flag] = schema[bound]
    delete out[bound]
  }
}

/** Takes away the properties that go the other way. */
function oneWay(
  document: OpenApiDocument,
  schema: Part,
  out: Record<string, unknown>,
  direction: Direction,
  where: string,
): void {
  const mark = direction === 'request' ? 'readOnly' : 'writeOnly'
  const marked = entriesOf(schema.properties, `${where}.properties`)
    .filter(([, one]) => typeof one === 'object' && one !== null)
    .filter(([, one]) => (one as Part)[mark] === true || resolved(document, { ...shallow(one) }, where)[mark] === true)
    .map(([name]) => name)
  if (marked.length === 0) return
  out.properties = { ...(out.properties as Part), ...Object.fromEntries(marked.map((name) => [name, false])) }
  if (Array.isArray(out.required)) out.required = out.required.filter((name) => !marked.includes(name as string))
}

/** Only a reference to a whole component is followed for its mark. */
const shallow = (one: unknown): Part =>
  typeof (one as Part).$ref === 'string' && !/^#\/components\/schemas\/[^/]+$/.test(String((one as Part).$ref))
    ? {}
    : (one as Part)

/** The types that a value may have by a schema; empty where it does not say. */
export function typesOf(document: OpenApiDocument, value: unknown, where: string, depth = 0): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null || depth > 8) return new Set()
  const schema = resolved(document, shallow(value), where)
  const types = new Set([schema.type ?? []].flat().map(String))
  if (schema.nullable === true) types.add('null')
  for (const word of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const one of Array.isArray(schema[word]) ? schema[word] : [])
      for (const type of typesOf(document, one, where, depth + 1)) types.add(type)
  return types
}
