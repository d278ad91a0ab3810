import type { EntityStore } from './api.ts'
import { entityFromJson, isPlainObject, member, recordFromJson } from './from-json.ts'
import { ValueRefused } from './refusal.ts'
import type { CedarRecord, EntityUid } from './values.ts'

type Known = {
  readonly uid: EntityUid
  readonly attributes: CedarRecord
  readonly tags: CedarRecord
  readonly parents: readonly EntityUid[]
  above: ReadonlyMap<string, EntityUid> | null
}

/**
 * Entities in Cedar's JSON form, `[{uid, attrs, parents, tags}]`, in memory: for a slice that is known beforehand, and for tests.
 *
 * @throws ValueRefused where it is none, an entity stands there twice, or one is above itself.
 */
export function entitiesFromJson(json: unknown): Required<EntityStore> {
  if (!Array.isArray(json)) throw new ValueRefused('entities are a list')
  const known = new Map<string, Known>()
  for (const one of json) {
    const entity = readEntity(one)
    if (known.has(entity.uid.key)) throw new ValueRefused('an entity stands there twice')
    known.set(entity.uid.key, entity)
  }
  for (const entity of known.values()) resolve(entity, known)
  return {
    attributes: (uid) => known.get(uid.key)?.attributes,
    tags: (uid) => known.get(uid.key)?.tags,
    isIn: (uid, ancestor) => known.get(uid.key)?.above?.has(ancestor.key) ?? false,
    ancestors: (uid) => known.get(uid.key)?.above?.values() ?? [],
  }
}

function readEntity(json: unknown): Known {
  if (!isPlainObject(json)) throw new ValueRefused('an entity is an object')
  const parents = member(json, 'parents') ?? []
  if (!Array.isArray(parents)) throw new ValueRefused('parents are a list')
  return {
    uid: entityFromJson(member(json, 'uid')),
    attributes: recordOf(member(json, 'attrs')),
    tags: recordOf(member(json, 'tags')),
    parents: parents.map(entityFromJson),
    above: null,
  }
}

const nothing: CedarRecord = new Map()
const recordOf = (json: unknown): CedarRecord => (json === undefined ? nothing : recordFromJson(json))

/** Everything above one, level by level: no recursion, whatever the depth of the hierarchy. */
function resolve(entity: Known, known: ReadonlyMap<string, Known>): void {
  const above = new Map<string, EntityUid>()
  const open = [...entity.parents]
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    if (parent.key === entity.uid.key) throw new ValueRefused('an entity is above itself')
    if (above.has(parent.key)) continue
    above.set(parent.key, parent)
    for (const next of known.get(parent.key)?.parents ?? []) open.push(next)
  }
  entity.above = above
}
