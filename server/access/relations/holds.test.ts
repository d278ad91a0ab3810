import assert from 'node:assert/strict'
import test from 'node:test'
import { systemRandom } from '../../platform/random.ts'
import type { Question, Tuple } from './api.ts'
import { Cursors } from './cursor.ts'
import { hold, holdToGive } from './hold.ts'
import { listResources } from './list-resources.ts'
import { listSubjects } from './list-subjects.ts'
import type { RandomWorld } from './random-worlds.ts'
import { randomWorld } from './random-worlds.ts'
import { everythingHeld } from './reference-evaluator.ts'
import { MemoryTuples } from './testing.ts'
import { readKey } from './tuples.ts'

const worlds = 2_000
const organisationId = 'org_a'
const cursors = new Cursors(() => new Uint8Array(32), systemRandom)

const bare = ({ condition: _condition, ...rest }: Tuple): Tuple => rest

const worked = new WeakMap<readonly Tuple[], Map<string, Set<string>>>()

/** What the reference evaluator says, worked out once for each world, subject and circumstances. */
function heldBy(
  world: RandomWorld,
  subject: RandomWorld['subjects'][number],
  changed: Partial<Question['circumstances']> = {},
): Set<string> {
  const circumstances = { ...world.circumstances, ...changed }
  const known = worked.get(world.tuples) ?? new Map<string, Set<string>>()
  worked.set(world.tuples, known)
  const key = JSON.stringify([subject, circumstances])
  const asker = { subject, standing: world.standingOf(subject), circumstances }
  const held = known.get(key) ?? everythingHeld(world, asker, world.resources)
  known.set(key, held)
  return held
}

async function everyPage<Item>(
  ask: (cursor: string | undefined) => Promise<{ items: readonly Item[]; next: string | null }>,
) {
  const items: Item[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < 100; pages++) {
    const page = await ask(cursor)
    items.push(...page.items)
    if (page.next === null) return items
    cursor = page.next
  }
  throw new Error('pages without end')
}

test(`in ${worlds} random worlds every answer is that of the reference evaluator, and lists are filters of it`, async () => {
  const seen = { holds: 0, refuses: 0, conditional: 0, limited: 0, given: 0, listed: 0, subjects: 0, fleeting: 0 }
  for (let seed = 1; seed <= worlds; seed++) {
    const world = randomWorld(seed)
    const open = { ...world, tuples: world.tuples.map(bare) }
    const services = { types: world.types, reader: new MemoryTuples(world.tuples), cursors }
    const at = `world ${seed}`
    for (const subject of world.subjects.filter((_one, index) => (index + seed) % 4 === 0)) {
      const standing = world.standingOf(subject)
      const { circumstances } = world
      const held = heldBy(world, subject)
      for (const resource of world.resources)
        for (const relation of ['a', 'b', 'c', 'd']) {
          const question = { organisationId, subject, standing, resource, relation, circumstances }
          const what = `${at}: ${JSON.stringify(subject)} ${relation} of ${resource.type}/${resource.id}`
          const key = readKey(resource.type, resource.id, relation)
          const exhaustive = seed % 3 === 0
          const answer = await hold(services, question, exhaustive)
          assert.equal(answer.holds, held.has(key), what)
          seen[answer.holds ? 'holds' : 'refuses'] += 1
          // What stands on a named condition is for this question alone.
          const fleeting = answer.untilMs === circumstances.nowMs
          assert.ok(answer.untilMs > circumstances.nowMs || (fleeting && answer.circumstantial), `${what} until`)
          if (fleeting) seen.fleeting += 1
          else if (Number.isFinite(answer.untilMs)) {
            seen.limited += 1
            const later = { nowMs: answer.untilMs - 1 }
            assert.equal(heldBy(world, subject, later).has(key), answer.holds, `${what} until ${answer.untilMs}`)
          }
          if (answer.conditional !== null) seen.conditional += 1
          if (!world.hasExclusions) {
            const would = !answer.holds && heldBy(open, subject).has(key)
            assert.equal(answer.conditional !== null, would, `${what} conditional`)
          }
          const given = seed % 2 === 0 ? await holdToGive(services, question) : null
          if (given === null) continue
          seen.given += 1
          for (const network of [null, '10.9.9.9', '2001:db8::1'])
            for (const assurance of [1, 3])
              for (const told of [{ risk: 0 }, { risk: 900, factors: [], application: { n: 9 } }])
                assert.ok(heldBy(world, subject, { network, assurance, ...told }).has(key), `${what} to give`)
        }
      const type = world.pick(['x:doc', 'x:folder', 'x:team'])
      const relation = world.pick(['a', 'b', 'c', 'd'])
      const search = { organisationId, subject, standing, type, wanted: { relation }, circumstances }
      const listed = await everyPage((cursor) =>
        listResources(services, { ...search, limit: 1 + (seed % 3), ...(cursor === undefined ? {} : { cursor }) }),
      )
      const filtered = world.resources.filter((one) => one.type === type && held.has(readKey(type, one.id, relation)))
      assert.deepEqual(
        listed,
        filtered.map(({ id }) => id),
        `${at}: ${JSON.stringify(subject)} lists ${relation} of ${type}`,
      )
      seen.listed += listed.length
    }
    seen.subjects += await subjectsListed(world, services, at)
  }
  // Worlds in which nothing happens would prove nothing.
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 500, `${what}: ${count}`)
})

async function subjectsListed(
  world: RandomWorld,
  services: Parameters<typeof listSubjects>[0],
  at: string,
): Promise<number> {
  const { circumstances } = world
  const resource = world.pick(world.resources)
  const relation = world.pick(['a', 'b', 'c', 'd'])
  let count = 0
  for (const kind of [{ type: 'user' }, { type: 'x:team', relation: 'a' }]) {
    const search = { organisationId, resource, wanted: { relation }, kind, circumstances, standingOf: world.standingOf }
    const listed = await everyPage((cursor) =>
      listSubjects(services, { ...search, limit: 2, ...(cursor === undefined ? {} : { cursor }) }),
    )
    count += listed.length
    const what = `${at}: ${relation} of ${resource.type}/${resource.id} lists ${JSON.stringify(kind)}`
    const key = readKey(resource.type, resource.id, relation)
    for (const subject of listed) assert.ok(heldBy(world, subject).has(key), `${what}: ${subject.id} has it`)
    for (const id of kind.type === 'user' ? ['u1', 'u2', 'u3', '*'] : ['1', '2', '3']) {
      const subject = { ...kind, id }
      const question = {
        organisationId,
        subject,
        standing: world.standingOf(subject),
        resource,
        relation,
        circumstances,
      }
      const { holds, path } = await hold(services, question)
      // Who has it through a group, a role or everyone is found by those.
      const isNamed =
        kind.relation !== undefined ||
        path.some(({ tuple }) => tuple?.subject.type === kind.type && tuple.subject.id === id)
      if (holds && isNamed)
        assert.ok(
          listed.some((one) => one.id === id),
          `${what}: ${id} is there`,
        )
    }
  }
  return count
}
