import cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { Compiled } from '../cedar/api.ts'
import {
  compilePolicies,
  entitiesFromJson,
  entityFromJson,
  PolicyRefused,
  recordFromJson,
  ValueRefused,
} from '../cedar/api.ts'
import type { PolicySetJson } from './api.ts'
import { coerceRecord } from './coerce.ts'
import type { Finding } from './finding.ts'
import { limits } from './limits.ts'
import { ownPolicies } from './own-policies.ts'
import type { FilePolicy, PolicyFile } from './policy-file.ts'
import { findingOf, readPolicyFile } from './policy-file.ts'
import { writtenId } from './policy-id.ts'
import type { PolicyTest, TypeAndId } from './policy-tests.ts'
import type { CedarSchema, RecordType } from './schema.ts'
import { relationId } from './schema.ts'

export type StudyOrder = {
  readonly text: string
  readonly schema: CedarSchema
  /** As applications declare them, by their Cedar types. */
  readonly declared: Readonly<Record<string, string>>
  readonly builtIn: PolicySetJson
}

/** What one side decides of a test. */
export type Answer = {
  readonly decision: 'allow' | 'deny'
  /** Sorted, as they are written in the file. */
  readonly by: readonly string[]
  readonly errors: readonly string[]
}

export type TestRun = {
  readonly name: string
  readonly line: number
  readonly expect: 'allow' | 'deny'
  readonly expectedBy: readonly string[] | null
  /** Null where the test could not be asked, and `problem` says why. */
  readonly reference: Answer | null
  readonly compiled: Answer | null
  readonly problem: string | null
}

/** All that is to be known of a policy file. */
export type Study = {
  readonly policies: readonly FilePolicy[]
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** Empty where there are errors: what is invalid is not tried. */
  readonly tests: readonly TestRun[]
  /** How many tests there are in the file. */
  readonly testCount: number
}

/**
 * Reads, validates and tests a policy file, by Cedar and by the compiled form. Only in a worker, see `readPolicyFile`.
 *
 * @throws PolicyFileError where it is no policy file.
 */
export function study({ text, schema, declared, builtIn }: StudyOrder): Study {
  const file = readPolicyFile(text)
  const own = ownPolicies(file.policies)
  const found = validate(file, text, schema, own)
  const all = { staticPolicies: { ...builtIn.staticPolicies, ...own.staticPolicies } }
  const compiled = compile(all, found.errors)
  const tests =
    compiled === null || found.errors.length > 0 ? [] : runTests(file.tests, { schema, declared }, all, compiled)
  return {
    policies: file.policies,
    errors: found.errors.slice(0, limits.findings),
    warnings: found.warnings.slice(0, limits.findings),
    tests,
    testCount: file.tests.length,
  }
}

function validate(file: PolicyFile, text: string, schema: CedarSchema, own: PolicySetJson) {
  const answer = cedar.validate({ schema: schema as never, policies: own as never })
  if (answer.type === 'failure') {
    const [first] = answer.errors
    const finding = { policy: null, message: first?.message ?? 'Cedar can’t validate it', help: null, line: null }
    return { errors: [finding as Finding], warnings: [] }
  }
  return {
    errors: answer.validationErrors.map((one) => findingOf(file, text, one)),
    warnings: answer.validationWarnings.map((one) => findingOf(file, text, one)),
  }
}

/** Null where it refuses, which is an error of the file. */
function compile(policies: PolicySetJson, errors: Finding[]): Compiled | null {
  try {
    return compilePolicies(policies)
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error
    const policy = error.policyId === null ? null : writtenId(error.policyId)
    errors.push({ policy, message: error.reason, help: null, line: null })
    return null
  }
}

type World = Pick<StudyOrder, 'schema' | 'declared'>

function runTests(
  tests: readonly PolicyTest[],
  world: World,
  policies: PolicySetJson,
  compiled: Compiled,
): readonly TestRun[] {
  const prepared = [
    cedar.preparsePolicySet('studied', policies as never),
    cedar.preparseSchema('studied', world.schema as never),
  ].find(({ type }) => type === 'failure')
  if (prepared?.type === 'failure') throw new Error(`Cedar can't prepare: ${prepared.errors[0]?.message}`)
  return tests.map((test) => {
    const request = requestOf(test, world)
    const { name, line, expect } = test
    const common = { name, line, expect, expectedBy: test.by }
    const reference = referenceOf(request)
    if ('problem' in reference) return { ...common, reference: null, compiled: null, problem: reference.problem }
    try {
      return { ...common, reference, compiled: compiledAnswer(compiled, request), problem: null }
    } catch (error) {
      if (!(error instanceof ValueRefused)) throw error
      return { ...common, reference, compiled: null, problem: error.reason }
    }
  })
}

type TestRequest = ReturnType<typeof requestOf>

/** What a test leaves out is as usual: everybody in one organisation, at noon of a Monday, from a private network. */
function requestOf(test: PolicyTest, { schema, declared }: World) {
  const action = { type: 'Custodia::Action', id: test.action }
  const actions = schema.Custodia?.actions ?? {}
  const context = Object.hasOwn(actions, test.action) ? actions[test.action]?.appliesTo.context : undefined
  const named = new Map<string, { uid: TypeAndId; attrs: object; parents: readonly TypeAndId[] }>()
  for (const entity of [{ uid: test.principal }, { uid: test.resource }, ...test.entities]) {
    const { uid, attrs = {}, parents = [] } = entity as PolicyTest['entities'][number]
    const shape = shapeOf(schema, uid.type)
    const given = { ...usualAttributes(shape, uid, declared), ...attrs }
    const all = shape === undefined ? given : coerceRecord(shape, given)
    named.set(`${uid.type}\0${uid.id}`, { uid, attrs: all, parents })
  }
  const given = { ...usualContext, ...test.context }
  return {
    principal: test.principal,
    action,
    resource: test.resource,
    context: context === undefined ? given : coerceRecord(context, given),
    entities: [...named.values()],
  }
}

export const usualContext = {
  time: '2026-01-05T12:00:00Z',
  network: '10.0.0.1',
  assurance: 1,
  factors: ['pwd'],
  risk: 0,
  api: false,
} as const

function shapeOf(schema: CedarSchema, type: string): RecordType | undefined {
  const [namespace = '', name = ''] = type.split('::')
  const types = Object.hasOwn(schema, namespace) ? schema[namespace]?.entityTypes : undefined
  return types !== undefined && Object.hasOwn(types, name) ? types[name]?.shape : undefined
}

function usualAttributes(
  shape: RecordType | undefined,
  { type, id }: TypeAndId,
  declared: World['declared'],
): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const [name, attribute] of Object.entries(shape?.attributes ?? {})) {
    if (attribute.required === false) continue
    if (name === 'organisation') attributes[name] = 'org'
    if (name === 'kind') attributes[name] = type.slice(type.indexOf('::') + 2).toLowerCase()
    if (attribute.type === 'Entity')
      attributes[name] = { type: attribute.name, id: relationId({ type: declared[type] ?? type, id }, name) }
  }
  return attributes
}

function referenceOf(request: TestRequest): Answer | { problem: string } {
  const answer = cedar.statefulIsAuthorized({
    ...request,
    preparsedPolicySetId: 'studied',
    preparsedSchemaName: 'studied',
    validateRequest: true,
  } as never)
  if (answer.type === 'failure') return { problem: (answer.errors[0]?.message ?? 'Cedar can’t answer').slice(0, 500) }
  const { decision, diagnostics } = answer.response
  return {
    decision,
    by: diagnostics.reason.map(writtenId).sort(),
    errors: diagnostics.errors.map(({ policyId }) => writtenId(policyId)).sort(),
  }
}

function compiledAnswer(compiled: Compiled, request: TestRequest): Answer {
  const asked = {
    principal: entityFromJson(request.principal),
    action: entityFromJson(request.action),
    resource: entityFromJson(request.resource),
    context: recordFromJson(request.context),
  }
  const { decision, determining, errors } = compiled.decide(asked, entitiesFromJson(request.entities))
  return {
    decision,
    by: determining.map(writtenId).sort(),
    errors: errors.map(({ policyId }) => writtenId(policyId)).sort(),
  }
}
