import { parseStrictJson } from '../strict-json.ts'
import type { Unfit } from '../unfit.ts'
import { UnfitInput } from '../unfit.ts'
import type { OpenApiDocument } from './document.ts'
import { entriesOf, partOf } from './document.ts'
import { typesOf } from './json-schema.ts'
import { decoded, formPieces } from './query.ts'
import type { SchemaCheck, Schemas } from './schemas.ts'
import { innerSchema, readingsOf } from './text-value.ts'

/** Holds a whole body to what is declared for its media type. */
export type BodyCheck = (bytes: Uint8Array) => Unfit | null

/** What is declared by media type: a check, or null for what is passed on unread. */
export type MediaTable = ReadonlyMap<string, BodyCheck | null>

export const formType = 'application/x-www-form-urlencoded'
const isJson = (type: string) => type === 'application/json' || /^[a-z]+\/[a-z0-9.+_-]+\+json$/.test(type)

/** @throws OpenApiUnusable */
export function mediaTable(document: OpenApiDocument, schemas: Schemas, content: unknown, where: string): MediaTable {
  return new Map(
    entriesOf(content, where).map(([type, media]) => {
      const { schema } = partOf(media, `${where}.${type}`)
      const name = essence(type)
      const at = `${where}.${type}.schema`
      if (schema === undefined) return [name, isJson(name) ? anyJson : null] as const
      if (isJson(name)) return [name, jsonCheck(schemas.check(schema, at))] as const
      if (name === formType) return [name, formCheck(document, schema, schemas.check(schema, at), at)] as const
      return [name, null] as const
    }),
  )
}

/** Media types of which no document speaks: what is JSON is held to the strict form, all else passed on unread. */
export const plainTable = (types: readonly string[]): MediaTable =>
  new Map(types.map((type) => [type, isJson(type) ? anyJson : null]))

/**
 * The entry for a media type: by its name, then by `text/*`, then by `*` `/*`; undefined where there is none. What is JSON is held to the strict
 * form also where only the range that it is in is declared: whoever parses it goes by its own name.
 */
export function declaredFor(table: MediaTable, type: string): BodyCheck | null | undefined {
  for (const name of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const found = table.get(name)
    if (found !== undefined) return found === null && isJson(type) ? anyJson : found
  }
  return undefined
}

/** The media type without its parameters, in lower case (RFC 9110 §8.3.1). */
export const essence = (header: string): string => (header.split(';', 1)[0] as string).trim().toLowerCase()

// RFC 9110 §5.6.6, without escapes. A `;` with nothing behind it is common.
const parameter = /[ \t]*;[ \t]*(?:([^\s;=",]+)=(?:"([^"\\]*)"|([^\s;",]+)))?[ \t]*/y

/**
 * RFC 8259 §8.1: JSON between systems is UTF-8. Under another name another parser may read other text: in UTF-7 a string of ours ends
 * somewhere else. So a header whose parameters can be read in two ways is none either.
 */
export function isUtf8(header: string): boolean {
  let at = header.indexOf(';')
  let charset: string | undefined
  while (at !== -1 && at < header.length) {
    parameter.lastIndex = at
    const [whole, name = '', quoted, bare = ''] = parameter.exec(header) ?? []
    if (whole === undefined) return false
    at += whole.length
    if (name.toLowerCase() !== 'charset') continue
    if (charset !== undefined) return false
    charset = quoted ?? bare
  }
  return charset === undefined || charset.toLowerCase() === 'utf-8'
}

const anyJson: BodyCheck = jsonCheck(() => null)

function jsonCheck(holds: SchemaCheck): BodyCheck {
  return (bytes) => unfitOr(() => holds(parseStrictJson(bytes), 'body'))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function formCheck(document: OpenApiDocument, schema: unknown, holds: SchemaCheck, where: string): BodyCheck {
  return (bytes) =>
    unfitOr(() => {
      const value: Record<string, unknown> = {}
      for (const [name, found] of formPieces(textOf(bytes), 'body')) {
        const field = `body.${name}`
        if (name === '__proto__' || name === 'constructor' || name === 'prototype')
          throw new UnfitInput(field, 'is not an allowed name')
        const member = innerSchema(document, schema, where, name)
        const list = typesOf(document, member, where).has('array')
        const read = readingsOf(document, list ? innerSchema(document, member, where) : member, where)
        if (!list && found.length > 1) throw new UnfitInput(field, 'appears twice')
        const values = found.map((one) => read(decoded(one, field))[0])
        value[name] = list ? values : values[0]
      }
      return holds(value, 'body')
    })
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new UnfitInput('body', 'is not valid UTF-8')
  }
}

export function unfitOr(check: () => Unfit | null): Unfit | null {
  try {
    return check()
  } catch (error) {
    if (error instanceof UnfitInput) return { field: error.field, detail: error.detail }
    throw error
  }
}
