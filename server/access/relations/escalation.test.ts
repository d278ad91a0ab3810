import assert from 'node:assert/strict'
import test from 'node:test'
import { isRefusal } from '../../platform/errors.ts'
import type { Giver, Tuple } from './api.ts'
import { Rights } from './may-write.ts'
import { findRelation } from './model.ts'
import { randomWorld, worldNowMs } from './random-worlds.ts'
import { everythingHeld } from './reference-evaluator.ts'
import { MemoryTuples } from './testing.ts'

const worlds = 1_000
const attempts = 40

test(`in ${worlds} random worlds nobody writes themselves a right, whatever they try one after the other`, async () => {
  const seen = { added: 0, removed: 0, refused: 0, rightsBefore: 0 }
  for (let seed = 50_001; seed <= 50_000 + worlds; seed++) {
    const world = randomWorld(seed)
    const reader = new MemoryTuples(world.tuples)
    const subject = { type: 'user', id: 'u1' }
    const giver: Giver = {
      subject,
      standing: world.standingOf(subject),
      circumstances: world.circumstances,
      permissions: new Set(),
    }
    const own = (tuples: readonly Tuple[]) => tuples.filter((one) => one.subject.id === subject.id)
    // At every time and place: what begins tomorrow is a right, too.
    const held = () => {
      const all = new Set<string>()
      for (const [hours, network, assurance] of [
        [0, world.circumstances.network, world.circumstances.assurance],
        [3, '10.0.0.9', 3],
        [6, null, 1],
      ] as const) {
        const circumstances = { nowMs: worldNowMs + hours * 3_600_000, network, assurance }
        const asker = { subject, standing: giver.standing, circumstances }
        const tuples = reader.all()
        for (const key of everythingHeld({ types: world.types, tuples }, asker, world.resources))
          all.add(`${hours} ${key}`)
      }
      return all
    }
    const before = held()
    seen.rightsBefore += before.size
    for (let attempt = 0; attempt < attempts; attempt++) {
      // No memory between attempts: each sees what those before have made.
      const rights = new Rights({ types: world.types, reader }, 'org_a', giver)
      const removal = attempt % 3 === 0 && reader.all().length > 0
      const one: Tuple | null | undefined = removal
        ? world.pick(attempt % 2 === 0 ? own(reader.all()) : reader.all())
        : somethingToAdd(world)
      const relation = one && findRelation(world.types, one.resource.type, one.relation)
      if (!one || !relation) continue
      try {
        if (removal) await rights.checkRemoval(one, relation)
        const untilMs = removal ? 0 : await rights.untilMs(one, relation)
        if (removal) reader.remove(one)
        else reader.add(Number.isFinite(untilMs) ? { ...one, expiresMs: untilMs } : one)
        seen[removal ? 'removed' : 'added'] += 1
      } catch (error) {
        if (!isRefusal(error)) throw error
        seen.refused += 1
      }
    }
    for (const key of held()) assert.ok(before.has(key), `world ${seed}: ${key} is new`)
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 200, `${what}: ${count}`)
})

function somethingToAdd(world: ReturnType<typeof randomWorld>): Tuple | null {
  const resource = world.pick(world.resources)
  const relation = world.pick(['a', 'b', 'c', 'd', 'parent'])
  const allowed = findRelation(world.types, resource.type, relation)?.allowed ?? []
  if (allowed.length === 0) return null
  const { type, relation: set, everyone } = world.pick(allowed)
  const ids = { user: ['u1', 'u1', 'u2'], service: ['s1'], group: ['grp_1', 'grp_2'], role: ['staff'] }[type]
  const id = everyone === true ? '*' : world.pick(ids ?? ['1', '2', '3'])
  return { resource, relation, subject: set === undefined ? { type, id } : { type, id, relation: set } }
}
