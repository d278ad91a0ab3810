import type { AttributeType, DeclaredAttributes } from '../policies/schema.ts'
import type { ResourceTypes } from './model.ts'
import { typesOf } from './testing.ts'

/** Why a model of OpenFGA is out of reach. */
export class OutOfReach extends Error {}

export type Translated = {
  readonly types: ResourceTypes
  /** Names of conditions that are an end in time, with that end. */
  readonly ends: ReadonlyMap<string, number>
  /** Names of the other ones. */
  readonly named: ReadonlySet<string>
  /** What they are told with a question. */
  readonly sent: DeclaredAttributes
}

/** Types of OpenFGA whose members are subjects here, and nothing else. */
const subjects: Readonly<Record<string, string>> = { user: 'user', user2: 'service' }

/** `group` and `role` are kinds of subjects here, so that resources get another name. */
export const resourceType = (name: string): string => `fga:t-${name.toLowerCase()}`

/** `user:a`, `group:x#member`, `folder:x` and `user:*`, as they are written here. */
export function translateSubject(text: string): string {
  const colon = text.indexOf(':')
  const [type, id] = [text.slice(0, colon), text.slice(colon + 1)]
  return Object.hasOwn(subjects, type) ? `${subjects[type]}:${id}` : `${resourceType(type)}/${id}`
}

/**
 * Translates OpenFGA's modelling language (schema 1.1) into the declaration of resource types.
 *
 * @throws OutOfReach where the model says what can't be declared here.
 */
export function translateModel(text: string): Translated {
  const { ends, conditions, sent } = conditionsOf(text)
  const named = new Set(Object.keys(conditions))
  const known = new Set([...ends.keys(), ...named])
  const declaration: Record<string, Declared> = {}
  let current: Declared | null = null
  for (const line of text.split('\n').map((one) => one.replace(/#(?=\s|concurrent| ).*$/, '').trim())) {
    const type = /^type (\S+)$/.exec(line)?.[1]
    if (type !== undefined) {
      current = { conditions, relations: {} }
      if (!Object.hasOwn(subjects, type)) declaration[resourceType(type).slice('fga:'.length)] = current
    }
    const [, name, definition] = /^define (\S+): (.+)$/.exec(line) ?? []
    if (name === undefined || definition === undefined || current === null) continue
    current.relations[name] = { is: new Definition(definition, known).read() }
  }
  try {
    return { types: typesOf('fga', declaration, { fga: sent }), ends, named, sent }
  } catch (error) {
    throw new OutOfReach((error as Error).message)
  }
}

type Declared = { readonly conditions: Record<string, string>; readonly relations: Record<string, unknown> }

const types: Readonly<Record<string, AttributeType>> = {
  int: 'Long',
  double: 'decimal',
  string: 'String',
  bool: 'Boolean',
}

/** `ts < timestamp("…")` is when a tuple expires. Others are written as Cedar, on what the question tells. */
function conditionsOf(text: string) {
  const ends = new Map<string, number>()
  const conditions: Record<string, string> = {}
  const sent: Record<string, AttributeType> = {}
  for (const [, name = '', list = '', body = ''] of text.matchAll(/condition (\w+)\(([^)]*)\) \{\s*(.+?)\s*\}/gs)) {
    const end = /^ts < timestamp\("([^"]+)"\)$/.exec(body)?.[1]
    if (end !== undefined) {
      ends.set(name, Date.parse(end))
      continue
    }
    const told = list.split(',').map((one) => one.split(':').map((part) => part.trim()) as [string, string])
    for (const [parameter, type] of told) {
      if (types[type] === undefined) throw new OutOfReach(`a parameter is a ${type}`)
      sent[parameter] = types[type]
    }
    conditions[name] = asCedar(
      body,
      told.map(([parameter]) => parameter),
      new Set(told.filter(([, type]) => type === 'double').map(([parameter]) => parameter)),
    )
  }
  return { ends, conditions, sent }
}

/** Comparisons with numbers, joined by `&&` and `||`. What a question does not tell is not met. */
function asCedar(body: string, names: readonly string[], decimals: ReadonlySet<string>): string {
  const read = body.replace(
    /(\w+) (==|<|>|<=|>=) (\d+(?:\.\d+)?)/g,
    (_all, name: string, operator: string, number: string) => {
      const value = `context.application.${name}`
      if (!decimals.has(name)) return `${value} ${operator} ${number}`
      const call = { '<': 'lessThan', '>': 'greaterThan', '<=': 'lessThanOrEqual', '>=': 'greaterThanOrEqual' }[
        operator
      ]
      return call === undefined ? `${value} == decimal("${number}")` : `${value}.${call}(decimal("${number}"))`
    },
  )
  const there = names.map((name) => `context.application has ${name}`)
  return ['context has application', ...there, `(${read})`].join(' && ')
}

/** `[user, group#member] or (a and b from c) but not d`. */
class Definition {
  readonly #words: readonly string[]
  readonly #conditions: ReadonlySet<string>
  #at = 0

  constructor(text: string, conditions: ReadonlySet<string>) {
    this.#words = text.match(/\[[^\]]*\]|[()]|[^\s()[\]]+/g) ?? []
    this.#conditions = conditions
  }

  read(): unknown {
    const first = this.#part()
    if (this.#next() === 'but') {
      this.#at += 2
      return { base: first, except: this.#part() }
    }
    const word = this.#next()
    if (word !== 'or' && word !== 'and') return first
    const parts = [first]
    while (this.#next() === word) {
      this.#at += 1
      parts.push(this.#part())
    }
    return word === 'or' ? { any: parts } : { all: parts }
  }

  #part(): unknown {
    const word = this.#words[this.#at++] ?? ''
    if (word === '(') {
      const inner = this.read()
      this.#at += 1
      return inner
    }
    if (word.startsWith('[')) return { direct: this.#allowed(word.slice(1, -1)) }
    if (this.#next() !== 'from') return { relation: word }
    this.#at += 2
    return { relation: word, from: this.#words[this.#at - 1] }
  }

  #allowed(text: string): string[] {
    const kinds = text.split(',').map((one) => {
      const [kind = '', condition] = one.trim().split(' with ')
      if (condition !== undefined && !this.#conditions.has(condition)) throw new OutOfReach(`no condition ${condition}`)
      const [type = '', relation] = kind.split('#')
      if (kind.endsWith(':*')) return `${subjects[kind.slice(0, -2)] ?? resourceType(kind.slice(0, -2))}:*`
      if (Object.hasOwn(subjects, type)) return subjects[type] as string
      return relation === undefined ? resourceType(type) : `${resourceType(type)}#${relation}`
    })
    return [...new Set(kinds)]
  }

  #next(): string | undefined {
    return this.#words[this.#at]
  }
}
