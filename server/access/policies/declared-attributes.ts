import { recordFromJson, ValueRefused } from '../cedar/api.ts'
import { calls, coerce } from './coerce.ts'
import type { AttributeType, CedarType, DeclaredAttribute, DeclaredAttributes } from './schema.ts'
import { attributeTypes } from './schema.ts'

/** By the name of the application. */
export type DeclaredContexts = Readonly<Record<string, DeclaredAttributes>>

/** Of one application. */
export const maxAttributes = 50

const attributeName = /^[A-Za-z][A-Za-z0-9_]{0,49}$/

/** What stands beside the application's own members in a context that it sends. */
const taken = 'custodia'

/**
 * Reads what an application declares of the contexts that it sends:
 *
 *     client: String
 *     tags: Set<String>
 *     amount: { type: Long, required: true }
 *
 * @throws Error with the path of what is wrong.
 */
export function readContext(application: string, value: unknown): DeclaredAttributes {
  return readAttributes(value, `${application}: context`)
}

/**
 * As `readContext`, of whatever is declared so.
 *
 * @param as whether those that do not say are required.
 */
export function readAttributes(value: unknown, path: string, as = { required: false }): DeclaredAttributes {
  if (!isRecord(value)) throw new Error(`${path} is not a mapping`)
  const entries = Object.entries(value)
  if (entries.length > maxAttributes) throw new Error(`${path} has more than ${maxAttributes} entries`)
  return Object.fromEntries(
    entries.map(([name, one]) => [name, readAttribute(name, one, `${path}.${name.slice(0, 100)}`, as.required)]),
  )
}

function readAttribute(name: string, value: unknown, path: string, usually: boolean): DeclaredAttribute {
  if (!attributeName.test(name)) throw new Error(`${path} is not a name of an attribute`)
  if (name === taken) throw new Error(`${path}: that name is Custodia’s own`)
  const { type, required = usually, ...rest } = isRecord(value) ? value : { type: value }
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) throw new Error(`${path}.${unknown.slice(0, 100)} is not known`)
  if (typeof required !== 'boolean') throw new Error(`${path}.required is neither true nor false`)
  const known = typeOf(type, isRecord(value) ? `${path}.type` : path)
  return required ? { type: known, required } : known
}

function typeOf(value: unknown, path: string): AttributeType {
  if (typeof value === 'string' && Object.hasOwn(attributeTypes, value)) return value as AttributeType
  throw new Error(`${path} is none of ${Object.keys(attributeTypes).join(', ')}`)
}

/** What is wrong with values that are held against a declaration: which one, and why. */
export type Fault = { readonly name: string; readonly detail: string }

/**
 * Holds values against what is declared of them: none that is unknown, none of another type, none missing that is required. Addresses, times,
 * durations and decimals may be plain text.
 *
 * @returns the values as Cedar's JSON, or the first fault.
 */
export function readDeclared(
  declared: DeclaredAttributes,
  values: Readonly<Record<string, unknown>>,
): { readonly values: Readonly<Record<string, unknown>> } | { readonly fault: Fault } {
  const read: [string, unknown][] = []
  for (const [name, value] of Object.entries(values)) {
    const one = Object.hasOwn(declared, name) ? declared[name] : undefined
    if (one === undefined) return { fault: { name, detail: 'is not declared by the application' } }
    const type: CedarType = attributeTypes[typeof one === 'string' ? one : one.type]
    const json = coerce(type, value)
    const fault = faultOf(type, json)
    if (fault !== null) return { fault: { name, detail: fault } }
    read.push([name, json])
  }
  for (const [name, one] of Object.entries(declared))
    if (typeof one !== 'string' && !Object.hasOwn(values, name)) return { fault: { name, detail: 'is missing' } }
  return { values: Object.fromEntries(read) }
}

function faultOf(type: CedarType, json: unknown): string | null {
  if (!isOf(type, json)) return `is no ${nameOf(type)}`
  try {
    recordFromJson({ json })
    return null
  } catch (error) {
    if (error instanceof ValueRefused) return error.reason
    throw error
  }
}

function isOf(type: CedarType, json: unknown): boolean {
  switch (type.type) {
    case 'String':
      return typeof json === 'string'
    case 'Boolean':
      return typeof json === 'boolean'
    case 'Long':
      return Number.isSafeInteger(json)
    case 'Set':
      return Array.isArray(json) && json.every((one) => isOf(type.element, one))
    case 'Extension':
      return isRecord(json) && isRecord(json.__extn) && json.__extn.fn === calls[type.name]
    default:
      return false
  }
}

const nameOf = (type: CedarType): string =>
  type.type === 'Set' ? `Set<${nameOf(type.element)}>` : type.type === 'Extension' ? type.name : type.type

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
