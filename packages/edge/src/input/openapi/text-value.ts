import { numberIn } from '../number-text.ts'
import type { OpenApiDocument, Part } from './document.ts'
import { resolved } from './document.ts'
import { typesOf } from './json-schema.ts'

/**
 * What a piece of an address or a header may mean by its schema, the likeliest first. A number is one by the grammar of JSON only, so that
 * the application can not read another one.
 */
export function readingsOf(document: OpenApiDocument, schema: unknown, where: string): (text: string) => unknown[] {
  const types = typesOf(document, schema, where)
  const wantsNumber = types.has('number') || types.has('integer')
  return (text) => {
    const readings: unknown[] = []
    const number = wantsNumber ? numberIn(text) : null
    if (number !== null) readings.push(number)
    if (types.has('boolean') && (text === 'true' || text === 'false')) readings.push(text === 'true')
    if (types.has('null') && (text === '' || text === 'null')) readings.push(null)
    return [...readings, text]
  }
}

/** The schema of the elements of a list, or of one member of an object, where it says one. */
export function innerSchema(document: OpenApiDocument, schema: unknown, where: string, member?: string): unknown {
  const part = followed(document, schema, where)
  if (member === undefined) return part.items
  const properties = (part.properties ?? {}) as Part
  return Object.hasOwn(properties, member) ? properties[member] : undefined
}

export function memberNames(document: OpenApiDocument, schema: unknown, where: string): readonly string[] {
  return Object.keys((followed(document, schema, where).properties ?? {}) as Part)
}

const followed = (document: OpenApiDocument, schema: unknown, where: string): Part =>
  typeof schema === 'object' && schema !== null ? resolved(document, schema, where) : {}
