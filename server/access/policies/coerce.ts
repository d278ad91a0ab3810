import type { CedarType, RecordType } from './schema.ts'

/**
 * Writes a value as Cedar's JSON wants it where nobody tells it the types: addresses and times as calls, names of entities as such. What
 * does not fit its type stays as it is, for the validation to refuse.
 */
export function coerce(type: CedarType | undefined, value: unknown): unknown {
  if (type === undefined) return value
  if (type.type === 'Extension')
    return typeof value === 'string' ? { __extn: { fn: calls[type.name], arg: value } } : value
  if (type.type === 'Entity') return isRecord(value) && '__entity' in value ? value : { __entity: value }
  if (type.type === 'Set') return Array.isArray(value) ? value.map((one) => coerce(type.element, one)) : value
  if (type.type === 'Record') return isRecord(value) ? coerceRecord(type, value) : value
  return value
}

/** Members that are not declared stay as they are. */
export function coerceRecord(type: RecordType, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      coerce(Object.hasOwn(type.attributes, name) ? type.attributes[name] : undefined, one),
    ]),
  )
}

/** The function of Cedar that makes a value of each. */
export const calls = { ipaddr: 'ip', datetime: 'datetime', decimal: 'decimal', duration: 'duration' } as const

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
