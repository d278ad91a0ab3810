import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { compilePolicies, entitiesFromJson } from './api.ts'
import type { RequestJson } from './testing.ts'
import { ours, policiesFromText, preparse, reference } from './testing.ts'

// Cases of Cedar's own test suites; source and licence: vectors/README.md.
const here = new URL('./vectors/', import.meta.url)
const shared = new URL('../../../../shared/data/cedar/', import.meta.url)

type Expected = RequestJson & {
  readonly description: string
  readonly decision: string
  readonly reason: readonly string[]
  readonly errors: readonly string[]
}
type Case = {
  readonly name: string
  readonly policies: string
  readonly entities: unknown
  readonly requests: readonly Expected[]
}

describe('cases of cedar-integration-tests that every clone has', () => decides(here, 11))

describe('all cases of cedar-integration-tests in ../shared/data', () => {
  if (existsSync(shared)) decides(shared, 90)
  else
    it('are not at hand', (t) =>
      t.skip(`NOT RUN: ${shared.pathname} is absent, so 79 fuzz-made cases were not looked at`))
})

function decides(folder: URL, atLeast: number): void {
  const cases = [...corpusOf(folder), ...testsOf(folder)]
  it(`are ${atLeast} or more`, () => assert.ok(cases.length >= atLeast))
  for (const { name, policies, entities, requests } of cases) {
    it(`${name}: decisions, reasons and errors as listed, and as cedar-wasm says`, () => {
      const set = policiesFromText(policies)
      const compiled = compilePolicies(set)
      const known = entitiesFromJson(entities)
      preparse(set)
      for (const request of requests) {
        const decided = ours(compiled, request, known)
        const { description, decision, reason, errors } = request
        const failed = decided.errors.map(({ policyId }) => policyId)
        assert.deepEqual(
          [decided.decision, decided.determining, failed],
          [decision, reason.toSorted(), errors.toSorted()],
          description,
        )
        assert.deepEqual(decided, reference(request, entities), description)
      }
    })
  }
}

function corpusOf(folder: URL): Case[] {
  const lines = readFileSync(new URL('corpus.jsonl', folder), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const { id, files } = JSON.parse(line)
    const { requests } = JSON.parse(files.json)
    return { name: id, policies: files.cedar, entities: parseExact(files['entities.json']), requests }
  })
}

function testsOf(folder: URL): Case[] {
  const text = (file: string) => readFileSync(new URL(file, folder), 'utf8')
  const files = readdirSync(new URL('tests/', folder), { recursive: true }) as string[]
  return files
    .filter((file) => file.endsWith('.json'))
    .map((name) => {
      const { policies, entities, requests } = JSON.parse(text(`tests/${name}`))
      return { name, policies: text(policies), entities: explicit(parseExact(text(entities)) as never), requests }
    })
}

/** Where a schema says that an attribute is an entity, the samples write `{type, id}` alone. There is no schema here. */
function explicit(entities: { attrs: unknown }[]): unknown {
  const mark = (json: unknown): unknown => {
    if (typeof json !== 'object' || json === null || '__entity' in json) return json
    if (Array.isArray(json)) return json.map(mark)
    if (Object.keys(json).sort().join() === 'id,type') return { __entity: json }
    return Object.fromEntries(Object.entries(json).map(([name, one]) => [name, mark(one)]))
  }
  return entities.map((entity) => ({ ...entity, attrs: mark(entity.attrs) }))
}

/** JSON with its long numbers as `bigint`. */
function parseExact(text: string): unknown {
  return JSON.parse(text, (_name, found, { source }: { source?: string } = {}) =>
    typeof found === 'number' && !Number.isSafeInteger(found) && source !== undefined ? BigInt(source) : found,
  )
}
