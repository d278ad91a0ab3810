import { PolicyFileError } from './finding.ts'
import { limits } from './limits.ts'

export type TypeAndId = { readonly type: string; readonly id: string }

/** One test of a policy file, as it is written there. */
export type PolicyTest = {
  readonly name: string
  /** Where it begins. */
  readonly line: number
  readonly principal: TypeAndId
  /** The permission. */
  readonly action: string
  readonly resource: TypeAndId
  readonly context: Readonly<Record<string, unknown>>
  /** Cedar's JSON of entities; `attrs` and `parents` may be left out. */
  readonly entities: readonly TestEntity[]
  readonly expect: 'allow' | 'deny'
  /** Exactly the policies that decide; null where the test does not say. */
  readonly by: readonly string[] | null
}

export type TestEntity = {
  readonly uid: TypeAndId
  readonly attrs: Readonly<Record<string, unknown>>
  readonly parents: readonly TypeAndId[]
}

const begin = /^\s*\/\/\s*test:(.*)$/
const comment = /^\s*\/\/(.*)$/

/**
 * Reads the tests that stand in the comments of a policy file: `// test: NAME`, and JSON in the comment lines that follow.
 *
 * @throws PolicyFileError with the line.
 */
export function readTests(text: string): readonly PolicyTest[] {
  const lines = text.split('\n')
  const tests: PolicyTest[] = []
  const names = new Set<string>()
  for (let at = 0; at < lines.length; at++) {
    const name = begin.exec(lines[at] as string)?.[1]?.trim()
    if (name === undefined) continue
    const line = at + 1
    if (name === '' || name.length > 100) throw new PolicyFileError('a test has a name of 1 to 100 characters', line)
    if (names.has(name)) throw new PolicyFileError('there are two tests of this name', line)
    if (tests.length >= limits.tests) throw new PolicyFileError(`there are more than ${limits.tests} tests`, line)
    names.add(name)
    const json: string[] = []
    for (; at + 1 < lines.length; at++) {
      const next = lines[at + 1] as string
      const said = begin.test(next) ? null : comment.exec(next)
      if (said === null) break
      json.push(said[1] as string)
    }
    tests.push(readTest(name, line, json.join('\n')))
  }
  return tests
}

function readTest(name: string, line: number, json: string): PolicyTest {
  const wrong = (what: string) => new PolicyFileError(`test “${name}”: ${what}`, line)
  if (Buffer.byteLength(json) > limits.test) throw wrong(`it has more than ${limits.test} bytes`)
  const value = parsed(json)
  if (!isRecord(value)) throw wrong('one JSON object is wanted in the comments below')
  const unknown = Object.keys(value).find((key) => !members.has(key))
  if (unknown !== undefined) throw wrong(`there is no member “${unknown.slice(0, 40)}”`)
  const { principal, action, resource, context = {}, entities = [], expect, by = null } = value
  if (!isUid(principal) || !isUid(resource)) throw wrong('principal and resource are { "type": …, "id": … }')
  if (typeof action !== 'string') throw wrong('action is the name of a permission')
  if (!isRecord(context)) throw wrong('context is an object')
  if (expect !== 'allow' && expect !== 'deny') throw wrong('expect is "allow" or "deny"')
  if (by !== null && !(Array.isArray(by) && by.every((one) => typeof one === 'string')))
    throw wrong('by is a list of ids of policies')
  if (!Array.isArray(entities)) throw wrong('entities is a list')
  const read = entities.map((entity) => readEntity(entity) ?? undefined)
  if (read.includes(undefined)) throw wrong('an entity is { "uid": { "type", "id" }, "attrs": {…}, "parents": […] }')
  return { name, line, principal, action, resource, context, entities: read as TestEntity[], expect, by }
}

const members = new Set(['principal', 'action', 'resource', 'context', 'entities', 'expect', 'by'])

function readEntity(value: unknown): TestEntity | null {
  if (!isRecord(value) || !isUid(value.uid)) return null
  if (Object.keys(value).some((key) => key !== 'uid' && key !== 'attrs' && key !== 'parents')) return null
  const { uid, attrs = {}, parents = [] } = value
  if (!isRecord(attrs) || !Array.isArray(parents) || !parents.every(isUid)) return null
  return { uid, attrs, parents }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

function isUid(value: unknown): value is TypeAndId {
  return (
    isRecord(value) &&
    typeof value.type === 'string' &&
    typeof value.id === 'string' &&
    Object.keys(value).length === 2 &&
    value.type.length <= 200 &&
    value.id.length <= 500
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
