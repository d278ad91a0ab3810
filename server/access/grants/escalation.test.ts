import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { isRefusal } from '../../platform/errors.ts'
import type { Action } from './escalation/actions.ts'
import { actionsOf } from './escalation/actions.ts'
import type { Had } from './escalation/model.ts'
import { Model } from './escalation/model.ts'
import type { Dice } from './escalation/random.ts'
import { dice } from './escalation/random.ts'
import type { Snapshot } from './escalation/snapshot.ts'
import { keyOf, restore, takeSnapshot } from './escalation/snapshot.ts'
import type { World } from './escalation/world.ts'
import { makeWorld } from './escalation/world.ts'
import type { GrantsHouse } from './testing.ts'
import { openGrantsHouse } from './testing.ts'

const worlds = 30
const depth = 3
const triesPerWorld = 150
const triesPerPlace = 24
/** On a slow machine fewer worlds are searched, and never fewer than ten. */
const patienceMs = 28_000

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse(['treasurer'])
})
after(() => house.close())

type Place = { readonly snapshot: Snapshot; readonly path: readonly string[] }

const tally = { tried: 0, done: 0, beyond: 0, places: 0, deepest: 0 }

test('no administrative acts of a member lead to a right that they do not have and nobody gave, nor take one from others', async (t) => {
  const started = performance.now()
  const base = Number(process.env.ESCALATION_SEED ?? Date.now() % 1_000_000)
  let searched = 0
  for (; searched < worlds; searched++) {
    if (searched >= 10 && performance.now() - started > patienceMs) break
    const chance = dice(base + searched)
    const world = await makeWorld(house, chance)
    await search(world, chance, base + searched)
  }
  t.diagnostic(`${searched} worlds from seed ${base}: ${JSON.stringify(tally)}`)
  // A search that is never let through, or never refused, shows nothing.
  assert.ok(tally.done > searched * 5, 'acts are done')
  assert.ok(tally.beyond > searched * 5, 'acts beyond one’s own are tried')
  assert.equal(tally.deepest, depth)
})

/** Breadth first: from each place that was reached, some of everything that the attackers could try there. */
async function search(world: World, chance: Dice, seed: number): Promise<void> {
  const { opened } = house
  const { organisationId } = world
  const first = await takeSnapshot(opened, organisationId)
  const start = modelOf(first)
  const seen = new Set([keyOf(first)])
  let level: Place[] = [{ snapshot: first, path: [] }]
  let tries = triesPerWorld
  // As the database stands: what was refused has changed nothing.
  let stands = first
  for (let step = 1; step <= depth; step++) {
    const reached: Place[] = []
    const share = Math.max(4, Math.floor(tries / (level.length * (depth - step + 1))))
    for (const place of level) {
      for (const action of candidates(world, place, chance).slice(0, Math.min(share, triesPerPlace))) {
        if (tries-- <= 0) return
        if (stands !== place.snapshot) await restore(opened, organisationId, place.snapshot)
        stands = place.snapshot
        if (!(await attempt(action))) continue
        const snapshot = await takeSnapshot(opened, organisationId)
        stands = snapshot
        const path = [...place.path, action.what]
        tally.deepest = Math.max(tally.deepest, path.length)
        judge(world, start, modelOf(snapshot), `seed ${seed}\n${path.join('\n')}`)
        if (seen.has(keyOf(snapshot))) continue
        seen.add(keyOf(snapshot))
        tally.places += 1
        reached.push({ snapshot, path })
      }
    }
    if (chance.chance(0.3)) await compareWithServer(world)
    level = chance.shuffle(reached)
  }
}

const modelOf = (snapshot: Snapshot) => new Model(snapshot, house.access.roles(), house.context.clock.nowMs())

/** Only what the route would let through: the permission is the attacker's as things stand. */
function candidates({ attackers, people }: World, { snapshot }: Place, chance: Dice): Action[] {
  const model = modelOf(snapshot)
  const roles = [...snapshot.role.map(({ name }) => name), 'reader', 'writer', 'treasurer', 'administrator']
  const permissions = [...house.parts.configured.permissions]
  const all = attackers.flatMap((by) => {
    const had = model.permissionsOf(by.id)
    return actionsOf({ ...house, snapshot, people, roles, permissions }, by, chance).filter((one) =>
      had.has(one.permission),
    )
  })
  // First what goes on from what is open, which nothing else would come back to.
  const follows = (one: Action) => / (approves|decides|ends) /.test(one.what)
  const mixed = chance.shuffle(all)
  return [...mixed.filter(follows).slice(0, 6), ...mixed.filter((one) => !follows(one))]
}

/** @returns false where it was refused. What is no refusal is a fault, and fails the test. */
async function attempt({ run }: Action): Promise<boolean> {
  tally.tried += 1
  try {
    await run()
    tally.done += 1
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (error.code === 'ACCESS_NOT_YOURS_TO_GIVE' || error.code === 'ACCESS_EXPIRY_TOO_LATE') tally.beyond += 1
    return false
  }
}

function judge(world: World, start: Model, now: Model, why: string): void {
  const own = together(world.attackers.map(({ id }) => start.permissionsOf(id)))
  const ownRoles = new Set(world.attackers.flatMap(({ id }) => [...start.rolesOf(id)]))
  for (const subject of new Set([...start.subjects(), ...now.subjects()])) {
    // What was made since is the attackers': it had nothing.
    const [before, after] = [start.permissionsOf(subject), now.permissionsOf(subject)]
    for (const [permission, untilMs] of after)
      assert.ok(
        untilMs <= Math.max(before.get(permission) ?? 0, own.get(permission) ?? 0),
        `${subject} came to have ${permission} until ${untilMs}\n${why}`,
      )
    const disabled = subject.startsWith('svc_') && before.size === 0
    for (const permission of before.keys())
      assert.ok(after.has(permission) || own.has(permission), `${subject} lost ${permission}\n${why}`)
    if (disabled || world.attackers.length > 1) continue
    // One alone gives no privileged role, whatever they have themselves.
    const gained = now.rolesOf(subject).difference(start.rolesOf(subject))
    for (const role of ['treasurer', 'marked'])
      assert.ok(
        !gained.has(role),
        `${subject} came to have ${role}${ownRoles.has(role) ? ', which they have' : ''}\n${why}`,
      )
  }
  assert.ok(
    now.subjects().some((one) => one.startsWith('usr_') && now.rolesOf(one).has('administrator')),
    why,
  )
}

const together = (all: readonly Had[]): Had => {
  const had = new Map<string, number>()
  for (const one of all)
    for (const [permission, untilMs] of one) had.set(permission, Math.max(had.get(permission) ?? 0, untilMs))
  return had
}

/** The evaluator of the test and the server must say the same of everybody, or the search judges something else. */
async function compareWithServer({ organisationId }: World): Promise<void> {
  const { access, opened } = house
  await access.grants.announce(organisationId, null)
  const model = modelOf(await takeSnapshot(opened, organisationId))
  const table = await access.roleTable(organisationId)
  for (const subject of model.subjects()) {
    const { roles } = await access.standingOf(organisationId, subject)
    assert.deepEqual(roles, [...model.rolesOf(subject)].sort())
    const permissions = new Set(roles.flatMap((name) => table.roles.get(name)?.permissions ?? []))
    assert.deepEqual([...permissions].sort(), [...model.permissionsOf(subject).keys()].sort())
  }
}
