import { refuse } from '../errors.ts'
import type { Page, Question, ResourceSearch, Wanted } from './api.ts'
import type { Cursors } from './cursor.ts'
import type { HoldServices } from './hold.ts'
import { holdMany, keyOfSubject, questionLimits, subjectsFor } from './hold.ts'
import type { ResourceTypes } from './model.ts'
import { findRelation, relationsGiving } from './model.ts'
import { fillPage, withKnown } from './pages.ts'
import type { Read, SubjectKey } from './tuples.ts'

/** Resources and subject sets on the way from a subject to what is listed. */
const maxSources = 5_000
export const maxLimit = 1_000

export type ListServices = HoldServices & { readonly cursors: Cursors }

/** See `Relations.listResources`. */
export async function listResources(services: ListServices, search: ResourceSearch): Promise<Page<string>> {
  const { types, reader, cursors } = services
  const { organisationId, type, wanted, subject, circumstances, cursor } = search
  const relations = relationsOf(types, type, wanted)
  const question = ['resources', subject, type, wanted]
  const limit = checkLimit(search.limit)
  const start = cursor === undefined ? null : await cursors.open(organisationId, question, cursor)
  if (relations.length === 0) return { items: [], next: null }
  const sources = await sourcesOf(services, search, relations)
  const target = { type, relations: [...new Set(relations.flatMap((name) => readsOf(types, type, name)))] }
  const known = subject.relation !== undefined && subject.type === type ? [subject.id] : []
  const page = await fillPage(
    {
      async next(after, size) {
        const args = [organisationId, sources, target, after, size, circumstances.nowMs] as const
        return withKnown(await reader.resourcesOf(...args), known, after, size)
      },
      holding: (ids) => holding(services, search, relations, ids),
    },
    start,
    limit,
  )
  const next = page.next === null ? null : await cursors.seal(organisationId, question, page.next)
  return { items: page.items, next }
}

async function holding(
  services: HoldServices,
  { organisationId, subject, standing, type, circumstances }: ResourceSearch,
  relations: readonly string[],
  ids: readonly string[],
): Promise<readonly boolean[]> {
  const questions = ids.flatMap((id) =>
    relations.map(
      (relation): Question => ({ organisationId, subject, standing, resource: { type, id }, relation, circumstances }),
    ),
  )
  const answers = await holdMany(services, questions)
  return ids.map((_id, index) => relations.some((_relation, at) => answers[index * relations.length + at] === true))
}

/** Which relations are meant; none where the configuration has none such. */
export function relationsOf(types: ResourceTypes, type: string, wanted: Wanted): readonly string[] {
  if ('permission' in wanted) return relationsGiving(types, type, wanted.permission)
  return findRelation(types, type, wanted.relation) === undefined ? [] : [wanted.relation]
}

export function checkLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw new RangeError(`a page has 1 to ${maxLimit} items`)
  return limit
}

const readsOf = (types: ResourceTypes, type: string, relation: string): readonly string[] =>
  findRelation(types, type, relation)?.reads ?? []

type Between = { readonly type: string; readonly relation: string; readonly by: 'parent' | 'set' }

/** Relations by which one comes to the wanted ones from other resources. */
function betweenOf(types: ResourceTypes, type: string, relations: readonly string[]): readonly Between[] {
  const found = new Map<string, Between>()
  const seen = new Set<string>()
  const look = (at: string, name: string): void => {
    if (seen.has(`${at}#${name}`)) return
    seen.add(`${at}#${name}`)
    for (const { type: of, relation, by, negative } of findRelation(types, at, name)?.dependencies ?? []) {
      if (negative) continue
      if (by !== 'computed') found.set(`${of}#${relation} ${by}`, { type: of, relation, by })
      look(of, relation)
    }
  }
  for (const relation of relations) look(type, relation)
  return [...found.values()]
}

/**
 * Every subject that a tuple of what is listed may name for this one: itself, everyone, its groups and roles, and the resources and
 * subject sets that it may come from. Whether it has them is asked later, by `holds`.
 */
async function sourcesOf(
  { types, reader }: HoldServices,
  { organisationId, subject, standing, type, circumstances }: ResourceSearch,
  relations: readonly string[],
): Promise<readonly SubjectKey[]> {
  const between = betweenOf(types, type, relations)
  const all = between.flatMap((one) =>
    readsOf(types, one.type, one.relation).map((relation) => ({ type: one.type, relation })),
  )
  const targets = [...new Map(all.map((one) => [`${one.type}#${one.relation}`, one])).values()]
  const sources = new Map<string, SubjectKey>()
  const add = (keys: readonly SubjectKey[]): SubjectKey[] => {
    const fresh: SubjectKey[] = []
    for (const key of keys) {
      if (sources.has(textOf(key))) continue
      sources.set(textOf(key), key)
      fresh.push(key)
    }
    if (sources.size > maxSources) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { type })
    return fresh
  }
  const own = keyOfSubject(subject)
  const reached = (read: Read): SubjectKey[] =>
    between
      .filter((one) => one.type === read.type && readsOf(types, one.type, one.relation).includes(read.relation))
      .map((one) => ({ type: one.type, id: read.id, relation: one.by === 'set' ? one.relation : '' }))
  // A subject set has what follows from its relation on its own resource.
  const itself = between
    .filter((one) => own.relation !== '' && one.type === own.type && follows(types, one, own.relation))
    .map((one) => ({ type: one.type, id: own.id, relation: one.by === 'set' ? one.relation : '' }))
  let frontier = add([...subjectsFor({ subject, standing }), ...itself])
  for (let depth = 0; frontier.length > 0 && targets.length > 0 && depth <= questionLimits.depth; depth++) {
    const found = await reader.tuplesOf(organisationId, frontier, targets, maxSources + 1, circumstances.nowMs)
    if (found.length > maxSources) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { type })
    frontier = add(found.flatMap(reached))
  }
  return [...sources.values()]
}

function follows(types: ResourceTypes, { type, relation }: Between, from: string): boolean {
  return relation === from || (findRelation(types, type, from)?.brings.includes(relation) ?? false)
}

const textOf = ({ type, id, relation }: SubjectKey): string => `${type} ${id} ${relation}`
