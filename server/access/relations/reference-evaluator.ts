import type { Circumstances, ResourceId, Standing, Subject, Tuple } from './api.ts'
import { outcomeOf } from './conditions.ts'
import { isAllowed, isEveryone } from './evaluation.ts'
import type { ResourceTypes, Rewrite } from './model.ts'
import { findRelation } from './model.ts'
import { readKey } from './tuples.ts'

type World = { readonly types: ResourceTypes; readonly tuples: readonly Tuple[] }
type Asker = { readonly subject: Subject; readonly standing: Standing; readonly circumstances: Circumstances }

/**
 * The slow evaluator that is obviously right, for tests: what one subject has on every resource there is, by going over all tuples until
 * nothing is added; what is excluded is worked out whole before whatever excludes it.
 *
 * @returns keys (`readKey`) of every relation that the subject has.
 */
export function everythingHeld({ types, tuples }: World, asker: Asker, resources: readonly ResourceId[]): Set<string> {
  const { circumstances } = asker
  const live = tuples.filter(
    (one) =>
      (one.expiresMs ?? Number.POSITIVE_INFINITY) > circumstances.nowMs &&
      outcomeOf(one, circumstances, types).unmet === null,
  )
  const held = new Set<string>()
  const strata = strataOf(types)
  for (let stratum = 0; stratum <= Math.max(0, ...strata.values()); stratum++) {
    for (let before = -1; before < held.size; ) {
      before = held.size
      for (const resource of resources)
        for (const { name, is } of types.get(resource.type)?.relations.values() ?? [])
          if (strata.get(`${resource.type}#${name}`) === stratum)
            if (isHeld(is, resource, name)) held.add(readKey(resource.type, resource.id, name))
    }
  }
  return held

  function isHeld(rewrite: Rewrite, resource: ResourceId, name: string): boolean {
    const { subject } = asker
    if (subject.type === resource.type && subject.id === resource.id && subject.relation === name) return true
    switch (rewrite.kind) {
      case 'direct':
        return named(resource, name).some((whom) =>
          whom.relation === undefined
            ? isIt(whom, asker)
            : held.has(readKey(whom.type, whom.id, whom.relation)) || same(whom, subject),
        )
      case 'computed':
        return held.has(readKey(resource.type, resource.id, rewrite.relation))
      case 'from':
        return named(resource, rewrite.parent).some((parent) =>
          held.has(readKey(parent.type, parent.id, rewrite.relation)),
        )
      case 'any':
        return rewrite.of.some((part) => isHeld(part, resource, name))
      case 'all':
        return rewrite.of.every((part) => isHeld(part, resource, name))
      case 'except':
        return isHeld(rewrite.base, resource, name) && !isHeld(rewrite.except, resource, name)
    }
  }

  function named(resource: ResourceId, relation: string): Subject[] {
    const allowed = findRelation(types, resource.type, relation)?.allowed ?? []
    return live
      .filter(
        (one) => one.resource.type === resource.type && one.resource.id === resource.id && one.relation === relation,
      )
      .map(({ subject }) => subject)
      .filter((subject) => allowed.some((one) => isAllowed(subject, one)))
  }
}

const same = (one: Subject, other: Subject): boolean =>
  one.type === other.type && one.id === other.id && one.relation === other.relation

function isIt(whom: Subject, { subject, standing }: Asker): boolean {
  if (whom.type === 'group' && standing.groups.includes(whom.id)) return true
  if (whom.type === 'role' && standing.roles.includes(whom.id)) return true
  return same(whom, subject) || (isEveryone(whom) && subject.type === whom.type && subject.relation === undefined)
}

/** Relations that something excludes are a stratum below it. */
function strataOf(types: ResourceTypes): Map<string, number> {
  const strata = new Map<string, number>()
  const all = [...types.values()].flatMap(({ name: type, relations }) =>
    [...relations.values()].map((relation) => ({ key: `${type}#${relation.name}`, relation })),
  )
  for (const { key } of all) strata.set(key, 0)
  for (let changed = true; changed; ) {
    changed = false
    for (const { key, relation } of all)
      for (const { type, relation: on, negative } of relation.dependencies) {
        const least = (strata.get(`${type}#${on}`) ?? 0) + (negative ? 1 : 0)
        if (least <= (strata.get(key) ?? 0)) continue
        strata.set(key, least)
        changed = true
      }
  }
  return strata
}
