import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActionHierarchy, EntityStore } from './api.ts'
import { compilePolicies, entitiesFromJson, entityUid } from './api.ts'
import { ours, preparse, reference } from './testing.ts'
import { RandomWorld } from './testing-random.ts'

const worlds = Number(process.env.CEDAR_WORLDS ?? 300)
const policiesOfWorld = 24
const requestsOfWorld = 15

test('decides as cedar-wasm does, over 100,000 generated policies × requests: decision, determining policies, errors', (t) => {
  // Most worlds are the same in every run; the others were never seen, and are printed so that they can be seen again.
  const fresh = Number(process.env.CEDAR_SEED ?? Date.now() % 1_000_000_000)
  const seedOf = (at: number) => (at < worlds * 0.75 && process.env.CEDAR_SEED === undefined ? at : fresh + at)
  t.diagnostic(`CEDAR_SEED=${fresh}`)
  const seen = { pairs: 0, allow: 0, determining: 0, errors: new Map<string, number>() }
  for (let at = 0; at < worlds; at++) {
    const world = new RandomWorld(seedOf(at))
    // Where all are permits, each that holds is a determining one: none hides behind a forbid.
    const policies = world.policies(policiesOfWorld, at % 3 === 0)
    const known = entitiesFromJson(world.entities)
    const withoutLists: EntityStore = { attributes: known.attributes, tags: known.tags, isIn: known.isIn }
    const actions = hierarchyOf(world.entities, known)
    const compiled = [
      { policies: compilePolicies(policies), entities: known },
      { policies: compilePolicies(policies), entities: withoutLists },
      { policies: compilePolicies(policies, actions), entities: known },
    ]
    preparse(policies)
    for (let asked = 0; asked < requestsOfWorld; asked++) {
      const request = world.request()
      const expected = reference(request, world.entities)
      const form = compiled[asked % compiled.length]
      assert.ok(form)
      assert.deepEqual(
        ours(form.policies, request, form.entities),
        expected,
        `CEDAR_SEED=${seedOf(at)}, request ${asked}: ${JSON.stringify(request, exactNumbers)}`,
      )
      seen.pairs += policiesOfWorld
      seen.allow += expected.decision === 'allow' ? 1 : 0
      seen.determining += expected.determining.length
      for (const { kind } of expected.errors) seen.errors.set(kind, (seen.errors.get(kind) ?? 0) + 1)
    }
  }
  t.diagnostic(`${seen.pairs} pairs, ${seen.determining} determining, ${seen.allow} allowed`)
  t.diagnostic(`errors ${JSON.stringify([...seen.errors])}`)
  // A generator that only makes policies that fail, or none that do, would show nothing.
  assert.ok(worlds < 300 || seen.pairs >= 100_000)
  assert.ok(seen.determining > seen.pairs / 20)
  assert.equal(seen.errors.size, 6)
})

const exactNumbers = (_name: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)

/** Of everybody, since a request may name anybody as its action. */
function hierarchyOf(entities: readonly unknown[], known: Required<EntityStore>): ActionHierarchy {
  return (entities as { uid: { type: string; id: string } }[])
    .map(({ uid }) => entityUid(uid.type, uid.id))
    .map((action) => ({ action, ancestors: [...known.ancestors(action)] }))
}
