import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { parse } from 'yaml'
import { systemRandom } from '../../platform/random.ts'
import { readDeclared } from '../policies/declared-attributes.ts'
import type { Circumstances, Tuple } from './api.ts'
import { checkTuple } from './check-tuple.ts'
import { Cursors } from './cursor.ts'
import { hold } from './hold.ts'
import { listResources } from './list-resources.ts'
import { listSubjects } from './list-subjects.ts'
import type { Translated } from './openfga-model.ts'
import { OutOfReach, resourceType, translateModel, translateSubject } from './openfga-model.ts'
import { MemoryTuples, nothing, subjectOf, tuple } from './testing.ts'

// OpenFGA's own test cases. A small part of them stands in vectors/ with its source; all that were brought are in ../shared.

type Written = { user: string; relation: string; object: string; condition?: { name: string } }
type Request = { user?: string; type?: string; relation: string; object?: string; filters?: string[] }
type Assertion = {
  tuple?: Written
  request?: Request
  contextualTuples?: Written[]
  context?: Record<string, unknown>
  expectation?: unknown
  errorCode?: number
}
type Stage = {
  model: string
  tuples?: Written[]
  checkAssertions?: Assertion[]
  listObjectsAssertions?: Assertion[]
  listUsersAssertions?: Assertion[]
}
type Case = { name: string; stages: Stage[] }

/** Models that can't be declared here, and why. Exactly these: what is listed and can be is a failure, too. */
const outOfReach: Readonly<Record<string, string>> = {
  'true_butnot_cycle_return_false 1':
    'fga:t-document#viewer: an exclusion depends on itself, by fga:t-document#restricted',
}

const shared = new URL('../../../../shared/data/openfga/', import.meta.url)
const sample = new URL('vectors/openfga-sample.yaml', import.meta.url)
const files = existsSync(shared)
  ? ['abac_tests.yaml', 'consolidated_1_1_tests.yaml'].map((name) => new URL(name, shared))
  : [sample]
if (!existsSync(shared))
  console.warn(`SKIPPED: ${shared.pathname} is not there; only the sample beside this test is run`)

const casesIn = (file: URL): Case[] => (parse(readFileSync(file, 'utf8')) as { tests: Case[] }).tests

const organisationId = 'org_a'
const cursors = new Cursors(() => new Uint8Array(32), systemRandom)
const counts = { check: 0, listObjects: 0, listUsers: 0, refused: 0, answeredHere: 0 }
const missed = new Set<string>()

for (const file of files)
  for (const { name, stages } of casesIn(file)) {
    const kept: Written[] = []
    for (const [index, stage] of stages.entries()) {
      const label = `${name} ${index + 1}`
      kept.push(...(stage.tuples ?? []))
      const tuples = [...kept]
      test(`OpenFGA: ${label}`, async () => {
        let model: Translated
        try {
          model = translateModel(stage.model)
        } catch (error) {
          assert.ok(error instanceof OutOfReach, String(error))
          assert.equal(error.message, outOfReach[label])
          missed.add(label)
          return
        }
        assert.equal(outOfReach[label], undefined, 'what is listed as out of reach is not')
        for (const one of stage.checkAssertions ?? []) await check(model, tuples, one)
        for (const one of stage.listObjectsAssertions ?? []) await listObjects(model, tuples, one)
        for (const one of stage.listUsersAssertions ?? []) await listUsers(model, tuples, one)
      })
    }
  }

/**
 * OpenFGA refuses to answer about a condition whose values are not in the question. Here the time is always known, and of what is not told a
 * condition asks by `has`, so that it is not met.
 */
const answeredHere = 19

test('the cases were carried out indeed', { skip: existsSync(shared) ? false : 'the cases are not there' }, () => {
  console.log(`OpenFGA: ${JSON.stringify(counts)}; out of reach: ${JSON.stringify(outOfReach, null, 2)}`)
  assert.deepEqual(counts, { check: 131, listObjects: 88, listUsers: 102, refused: 40 - answeredHere, answeredHere })
  assert.deepEqual([...missed].sort(), Object.keys(outOfReach).sort())
})

const defaultNowMs = Date.UTC(2023, 0, 1)

function world(model: Translated, written: readonly Written[], { context = {} }: Assertion) {
  const nowMs = typeof context.ts === 'string' ? Date.parse(context.ts) : defaultNowMs
  const application = told(model, context)
  const circumstances: Circumstances = {
    ...{ nowMs, network: null, assurance: 1 },
    ...(application === null ? {} : { application }),
  }
  const services = { types: model.types, reader: new MemoryTuples(written.map((one) => tupleOf(model, one))), cursors }
  return { services, circumstances, common: { organisationId, standing: nothing, circumstances } }
}

/** What a question tells, as Cedar has it: a decimal has four digits. Null where one of them is none. */
function told({ sent }: Translated, context: Record<string, unknown>): Readonly<Record<string, unknown>> | null {
  const values = Object.entries(context).flatMap(([name, value]) =>
    sent[name] === undefined
      ? []
      : [[name, sent[name] === 'decimal' && typeof value === 'number' ? value.toFixed(4) : value]],
  )
  const read = readDeclared(sent, Object.fromEntries(values))
  return 'fault' in read ? null : read.values
}

function tupleOf({ ends, named }: Translated, { user, relation, object, condition }: Written): Tuple {
  const expiresMs = condition === undefined ? undefined : ends.get(condition.name)
  return tuple(`${translateSubject(object)}#${relation}@${translateSubject(user)}`, {
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(condition !== undefined && named.has(condition.name) ? { condition: { named: { name: condition.name } } } : {}),
  })
}

/** Tuples that come with a question are no tuples here: they are checked, and asked about as if they were written. */
function withContext(model: Translated, written: readonly Written[], one: Assertion): readonly Written[] | null {
  try {
    for (const extra of one.contextualTuples ?? []) checkTuple(model.types, tupleOf(model, extra), 0)
    return [...written, ...(one.contextualTuples ?? [])]
  } catch {
    return null
  }
}

async function check(model: Translated, written: readonly Written[], one: Assertion): Promise<void> {
  const asked = one.tuple as Written
  const all = withContext(model, written, one)
  if (one.errorCode !== undefined) return refuses(all, asked.user, model, one)
  const { services, common } = world(model, all ?? [], one)
  const { resource, relation } = tuple(`${translateSubject(asked.object)}#${asked.relation}@user:x`)
  const subject = subjectOf(translateSubject(asked.user))
  counts.check += 1
  assert.equal(
    (await hold(services, { ...common, subject, resource, relation })).holds,
    one.expectation,
    JSON.stringify(asked),
  )
}

async function listObjects(model: Translated, written: readonly Written[], one: Assertion): Promise<void> {
  const { user = '', type = '', relation } = one.request as Request
  const all = withContext(model, written, one)
  if (one.errorCode !== undefined) return refuses(all, user, model, one)
  const { services, common } = world(model, all ?? [], one)
  const subject = subjectOf(translateSubject(user))
  const search = { ...common, subject, type: resourceType(type), wanted: { relation }, limit: 100 }
  const { items } = await listResources(services, search)
  counts.listObjects += 1
  const expected = ((one.expectation ?? []) as string[]).map((text) => text.slice(text.indexOf(':') + 1))
  assert.deepEqual(items, expected.sort(), JSON.stringify(one.request))
}

async function listUsers(model: Translated, written: readonly Written[], one: Assertion): Promise<void> {
  const { filters = [], object = '', relation } = one.request as Request
  const all = withContext(model, written, one)
  if (one.errorCode !== undefined) return refuses(all, `${filters[0]}`.replace('#', ':x#'), model, one)
  const { services, common } = world(model, all ?? [], one)
  const kind = subjectOf(translateSubject(`${filters[0]}`.replace(/(#|$)/, ':x$1')))
  const { resource } = tuple(`${translateSubject(object)}#${relation}@user:x`)
  const search = { ...common, resource, wanted: { relation }, kind: { ...kind }, standingOf: () => nothing, limit: 100 }
  const { items } = await listSubjects(services, search)
  counts.listUsers += 1
  const expected = ((one.expectation ?? []) as string[]).map((text) => subjectOf(translateSubject(text)).id)
  assert.deepEqual(
    items.map(({ id }) => id),
    [...new Set(expected)].sort(),
    JSON.stringify(one.request),
  )
}

/** What OpenFGA refuses: tuples and subjects that the model has not; and a condition without its context, where here the time is known. */
function refuses(
  all: readonly Written[] | null,
  user: string,
  model: Translated,
  { context, contextualTuples }: Assertion,
): void {
  const { type, relation } = subjectOf(translateSubject(user))
  const unknown = relation !== undefined && model.types.get(type)?.relations.get(relation) === undefined
  const malformed = user.split(':').length > 2
  const withoutContext = model.ends.size > 0 && context === undefined && contextualTuples === undefined
  const untold = model.named.size > 0 && Object.keys(model.sent).some((name) => !Object.hasOwn(context ?? {}, name))
  const refused = all === null || unknown || malformed || told(model, context ?? {}) === null
  counts[refused ? 'refused' : 'answeredHere'] += 1
  assert.ok(refused || withoutContext || untold, `${user} is refused`)
}
