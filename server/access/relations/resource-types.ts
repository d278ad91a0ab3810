import { readAttributes } from '../policies/declared-attributes.ts'
import type { AllowedSubject, DeclaredRelation, DeclaredType, Rewrite } from './model.ts'
import { countableKinds, isResourceType, subjectKinds } from './model.ts'
import type { DeclaredCondition } from './named-conditions.ts'

/** What a declaration may measure. */
export const declarationLimits = {
  types: 100,
  relations: 50,
  allowed: 20,
  parts: 20,
  depth: 10,
  permissions: 50,
  conditions: 20,
  parameters: 10,
  expression: 2_000,
} as const

const typeName = /^[a-z][a-z0-9_-]{0,49}$/
const relationName = typeName
const className = /^[a-z][a-z0-9-]{0,49}$/
const permissionName = /^[a-z0-9:._-]{1,100}$/

/**
 * Reads the resource types of one application:
 *
 *     folder:
 *       manage: owner
 *       dataClass: confidential
 *       conditions:
 *         office-hours: 'context.time.toTime() >= duration("8h")'
 *         at-most: { when: 'context.risk <= context.parameters.risk', parameters: { risk: Long } }
 *       relations:
 *         owner:  { is: { direct: [user, group] }, permissions: [inbox:read, inbox:write] }
 *         parent: { is: { direct: [folder] } }
 *         reader: { is: { any: [{ direct: [user, 'user:*', 'team#member'] }, { relation: owner }, { relation: reader, from: parent }] } }
 *
 * Beside `any` there is `all`, and `{ base: …, except: … }`. Types without an application before a colon are the application's own.
 *
 * @throws Error with the path of what is wrong.
 */
export function parseResourceTypes(application: string, value: unknown): readonly DeclaredType[] {
  const types = entriesOf(value, 'resources', declarationLimits.types)
  return types.map(([name, type]) => {
    if (!typeName.test(name)) throw new Error(`resources.${name} is not a name of a type`)
    if ((subjectKinds as readonly string[]).includes(name)) throw new Error(`resources.${name} is a kind of subject`)
    return readType(application, name, type, `resources.${name}`)
  })
}

function readType(application: string, name: string, value: unknown, path: string): DeclaredType {
  const known = ['summary', 'manage', 'dataClass', 'conditions', 'relations']
  const { summary = '', manage = null, dataClass = null, conditions = {}, relations } = fieldsOf(value, path, known)
  if (typeof summary !== 'string') throw new Error(`${path}.summary is not text`)
  if (manage !== null && typeof manage !== 'string') throw new Error(`${path}.manage is not the name of a relation`)
  if (dataClass !== null && !(typeof dataClass === 'string' && className.test(dataClass)))
    throw new Error(`${path}.dataClass is not the name of a class of data`)
  const declared = entriesOf(relations, `${path}.relations`, declarationLimits.relations)
  return {
    name: `${application}:${name}`,
    manage,
    dataClass,
    conditions: entriesOf(conditions, `${path}.conditions`, declarationLimits.conditions).map(([condition, one]) =>
      readCondition(condition, one, `${path}.conditions.${condition.slice(0, 100)}`),
    ),
    relations: declared.map(([relation, definition]) => {
      const at = `${path}.relations.${relation}`
      if (!relationName.test(relation)) throw new Error(`${at} is not a name of a relation`)
      return readRelation(application, relation, definition, at)
    }),
  }
}

function readCondition(name: string, value: unknown, path: string): DeclaredCondition {
  if (!typeName.test(name)) throw new Error(`${path} is not a name of a condition`)
  const { when, parameters = {} } =
    typeof value === 'string' ? { when: value } : fieldsOf(value, path, ['when', 'parameters'])
  if (typeof when !== 'string' || when.length > declarationLimits.expression)
    throw new Error(`${path} has no expression of at most ${declarationLimits.expression} characters`)
  const named = entriesOf(parameters, `${path}.parameters`, declarationLimits.parameters)
  // A tuple says all of them.
  return { name, when, parameters: readAttributes(Object.fromEntries(named), `${path}.parameters`, { required: true }) }
}

function readRelation(application: string, name: string, value: unknown, path: string): DeclaredRelation {
  const fields = fieldsOf(value, path, ['summary', 'is', 'permissions', 'reshare'])
  const { summary = '', permissions = [], reshare = false } = fields
  if (typeof summary !== 'string') throw new Error(`${path}.summary is not text`)
  if (typeof reshare !== 'boolean') throw new Error(`${path}.reshare is neither true nor false`)
  const names = listOf(permissions, `${path}.permissions`, declarationLimits.permissions, 0)
  for (const one of names)
    if (typeof one !== 'string' || !permissionName.test(one)) throw new Error(`${path}.permissions has no permission`)
  const is = readRewrite(application, fields.is, `${path}.is`, 1)
  if (partsOf(is).filter(({ kind }) => kind === 'direct').length > 1)
    throw new Error(`${path}.is has direct more than once`)
  return { name, is, permissions: names as string[], reshare }
}

/** One form of a rewrite, known by the names of its fields. A table, so that a new one is a row. */
const forms: readonly {
  readonly fields: readonly string[]
  read(application: string, fields: Record<string, unknown>, path: string, depth: number): Rewrite
}[] = [
  {
    fields: ['direct'],
    read: (application, { direct }, path) => ({
      kind: 'direct',
      allowed: listOf(direct, `${path}.direct`, declarationLimits.allowed).map((one, index) =>
        readAllowed(application, one, `${path}.direct[${index}]`),
      ),
    }),
  },
  {
    fields: ['relation'],
    read: (_application, { relation }, path) => ({
      kind: 'computed',
      relation: nameOf(relation, `${path}.relation`),
    }),
  },
  {
    fields: ['from', 'relation'],
    read: (_application, { relation, from }, path) => ({
      kind: 'from',
      parent: nameOf(from, `${path}.from`),
      relation: nameOf(relation, `${path}.relation`),
    }),
  },
  { fields: ['any'], read: (...all) => readSeveral('any', ...all) },
  { fields: ['all'], read: (...all) => readSeveral('all', ...all) },
  {
    fields: ['base', 'except'],
    read: (application, { base, except }, path, depth) => ({
      kind: 'except',
      base: readRewrite(application, base, `${path}.base`, depth + 1),
      except: readRewrite(application, except, `${path}.except`, depth + 1),
    }),
  },
]

function readRewrite(application: string, value: unknown, path: string, depth: number): Rewrite {
  if (depth > declarationLimits.depth) throw new Error(`${path} is nested too deep`)
  if (!isRecord(value)) throw new Error(`${path} is not a mapping`)
  const given = Object.keys(value).sort().join(' ')
  const form = forms.find(({ fields }) => fields.join(' ') === given)
  if (form === undefined)
    throw new Error(`${path} has none of the forms ${forms.map(({ fields }) => fields.join(' with ')).join(', ')}`)
  return form.read(application, value, path, depth)
}

function readSeveral(
  kind: 'any' | 'all',
  application: string,
  fields: Record<string, unknown>,
  path: string,
  depth: number,
): Rewrite {
  const of = listOf(fields[kind], `${path}.${kind}`, declarationLimits.parts)
  return { kind, of: of.map((one, index) => readRewrite(application, one, `${path}.${kind}[${index}]`, depth + 1)) }
}

const allowedPattern = /^(?:([a-z][a-z0-9-]{0,49}):)?([a-z][a-z0-9_-]{0,49})(?:#([a-z][a-z0-9_-]{0,49}))?$/

function readAllowed(application: string, value: unknown, path: string): AllowedSubject {
  if (typeof value !== 'string') throw new Error(`${path} is not text`)
  if (value.endsWith(':*')) {
    const type = value.slice(0, -2)
    if (!countableKinds.has(type)) throw new Error(`${path}: there is no everyone of ${type.slice(0, 100)}`)
    return { type, everyone: true }
  }
  const match = allowedPattern.exec(value)
  if (match === null) throw new Error(`${path} is no kind of subject`)
  const [, of, name = '', relation] = match
  const own = of === undefined && !(subjectKinds as readonly string[]).includes(name)
  const type = own ? `${application}:${name}` : of === undefined ? name : `${of}:${name}`
  if (relation === undefined) return { type }
  if (!isResourceType(type)) throw new Error(`${path}: a ${type} has no relations`)
  return { type, relation }
}

/** The rewrite and everything in it. */
export function partsOf(rewrite: Rewrite): readonly Rewrite[] {
  const found: Rewrite[] = []
  const add = (one: Rewrite): void => {
    found.push(one)
    if (one.kind === 'any' || one.kind === 'all') for (const part of one.of) add(part)
    if (one.kind !== 'except') return
    add(one.base)
    add(one.except)
  }
  add(rewrite)
  return found
}

function nameOf(value: unknown, path: string): string {
  if (typeof value !== 'string' || !relationName.test(value)) throw new Error(`${path} is not a name of a relation`)
  return value
}

// All of nothing would be everybody.
function listOf(value: unknown, path: string, most: number, least = 1): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path} is not a list`)
  if (value.length < least) throw new Error(`${path} is empty`)
  if (value.length > most) throw new Error(`${path} has more than ${most} entries`)
  return value
}

function entriesOf(value: unknown, path: string, most: number): [string, unknown][] {
  if (!isRecord(value)) throw new Error(`${path} is not a mapping`)
  const entries = Object.entries(value)
  if (entries.length > most) throw new Error(`${path} has more than ${most} entries`)
  return entries
}

function fieldsOf(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) throw new Error(`${path} is not a mapping`)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) throw new Error(`${path}.${unknown.slice(0, 100)} is not known`)
  return value
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
