import { PlaceName, SubjectId } from '@custodia/wire/http/keyring.ts'
import { CustodiaError } from '../errors.ts'

// What an application passes in. Each check throws CustodiaError INPUT_INVALID with the name of the value, and never
// with the value itself, which may be personal.

export const maxRecords = 10_000
const maxFields = 256
const maxFieldBytes = 1_048_576

export const invalidInput = (field: string) => new CustodiaError('INPUT_INVALID', { field })

const subjectPattern = patternOf(SubjectId)
const placePattern = patternOf(PlaceName)

/** What the contract says a text must match. */
function patternOf(schema: object): RegExp {
  const { pattern } = schema as { readonly pattern?: unknown }
  // Without one everything would match.
  if (typeof pattern !== 'string') throw new TypeError('the contract names no pattern')
  return new RegExp(pattern)
}

/** Name of a collection or a field. */
export function checkPlaceName(name: string, what: string): void {
  if (typeof name !== 'string' || name.length > 64 || !placePattern.test(name)) throw invalidInput(what)
}

export function checkSubject(subject: string): void {
  if (typeof subject !== 'string' || subject.length > 128 || !subjectPattern.test(subject))
    throw invalidInput('subject')
}

export function checkSchemaVersion(version: number): void {
  if (!Number.isInteger(version) || version < 1 || version > 0xffff_ffff) throw invalidInput('schemaVersion')
}

/** A record's identifier: 1 to 256 characters. */
export function checkRecord(record: string): void {
  // A lone surrogate has no UTF-8, so that two records could become one.
  const fits = typeof record === 'string' && record.length >= 1 && record.length <= 256 && record.isWellFormed()
  if (!fits) throw invalidInput('record')
}

/** The fields of one record, 1 to 256, with their names checked. */
export function fieldsOf<Field extends string, Value>(fields: Readonly<Record<Field, Value>>): [Field, Value][] {
  const entries = Object.entries(fields) as [Field, Value][]
  if (entries.length < 1 || entries.length > maxFields) throw invalidInput('fields')
  for (const [field] of entries) checkPlaceName(field, 'fields')
  return entries
}

/** What is sealed: text as UTF-8, or bytes as they are; up to 1,048,576 bytes. */
export function plaintextOf(value: string | Uint8Array): Uint8Array {
  if (typeof value === 'string' && !value.isWellFormed()) throw invalidInput('fields')
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  if (!(bytes instanceof Uint8Array) || bytes.length > maxFieldBytes) throw invalidInput('fields')
  return bytes
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What was sealed as text. A byte order mark stays: it was part of the text. */
export function textOf(plaintext: Uint8Array): string {
  try {
    return utf8.decode(plaintext)
  } catch {
    throw invalidInput('fields')
  }
}
