import { refuse } from '../errors.ts'
import type { Named, NamedSearch, Page, Question, Subject, SubjectSearch } from './api.ts'
import type { HoldServices } from './hold.ts'
import { holdMany, questionLimits } from './hold.ts'
import type { ListServices } from './list-resources.ts'
import { checkLimit, relationsOf } from './list-resources.ts'
import { everyone, findRelation, isResourceType } from './model.ts'
import { fillPage, inTurn, withKnown } from './pages.ts'
import { partsOf } from './resource-types.ts'
import type { Read } from './tuples.ts'
import { maxEdges, readKey } from './tuples.ts'

/** The last that can stand before `*`, which is everyone: identifiers have no U+007F. */
const beforeEveryone = ')\u007f'

/** See `Relations.listSubjects`. */
export async function listSubjects(services: ListServices, search: SubjectSearch): Promise<Page<Subject>> {
  const { types, reader, cursors } = services
  const { organisationId, resource, wanted, kind, circumstances, cursor } = search
  const relations = relationsOf(types, resource.type, wanted)
  const question = ['subjects', resource, wanted, kind]
  const limit = checkLimit(search.limit)
  const start = cursor === undefined ? null : await cursors.open(organisationId, question, cursor)
  if (relations.length === 0) return { items: [], next: null }
  const { nodes, reads } = await belowOf(services, search, relations)
  const known = nodes.filter((one) => one.type === kind.type && one.relation === kind.relation).map(({ id }) => id)
  const subjectOf = (id: string): Subject => ({ ...kind, id })
  const named = { type: kind.type, relation: kind.relation ?? '' }
  const page = await fillPage(
    {
      async next(after, size) {
        const read = await reader.subjectsOf(organisationId, reads, named, after, size, circumstances.nowMs)
        return withKnown(read, known, after, size)
      },
      holding: (ids) => inTurn(ids, (id) => holdsAny(services, search, relations, subjectOf(id))),
    },
    start,
    limit,
  )
  const next = page.next === null ? null : await cursors.seal(organisationId, question, page.next)
  return { items: page.items.map(subjectOf), next }
}

async function holdsAny(
  services: HoldServices,
  { organisationId, resource, circumstances, standingOf }: SubjectSearch,
  relations: readonly string[],
  subject: Subject,
): Promise<boolean> {
  const standing = await standingOf(subject)
  const about = { organisationId, subject, standing, resource, circumstances }
  const answers = await holdMany(
    services,
    relations.map((relation): Question => ({ ...about, relation })),
  )
  return answers.includes(true)
}

/** See `Relations.named`. */
export async function named({ types, reader }: HoldServices, search: NamedSearch): Promise<Named> {
  const { organisationId, resource, wanted, circumstances } = search
  const relations = relationsOf(types, resource.type, wanted)
  const { reads } = relations.length === 0 ? { reads: [] } : await belowOf({ types, reader }, search, relations)
  const next = async (kind: string, after: string | null, limit: number): Promise<readonly string[]> => {
    if (reads.length === 0) return []
    return await reader.subjectsOf(
      organisationId,
      reads,
      { type: kind, relation: '' },
      after,
      limit,
      circumstances.nowMs,
    )
  }
  return { next, everyone: async (kind) => (await next(kind, beforeEveryone, 1))[0] === everyone }
}

/** Every relation by which one could come to the wanted ones, and every one whose tuples may name a subject. */
async function belowOf(
  { types, reader }: HoldServices,
  { organisationId, resource, circumstances }: NamedSearch,
  relations: readonly string[],
): Promise<{ readonly nodes: readonly Read[]; readonly reads: readonly Read[] }> {
  const nodes = new Map<string, Read>()
  const reads = new Map<string, Read>()
  let frontier: Read[] = relations.map((relation) => ({ ...resource, relation }))
  for (let depth = 0; frontier.length > 0; depth++) {
    if (depth > questionLimits.depth) throw refuse('ACCESS_RELATIONS_TOO_DEEP', { type: resource.type })
    const level = addedWithRules(frontier, nodes)
    const unread = level.flatMap(({ type, id, relation }) =>
      (findRelation(types, type, relation)?.reads ?? [])
        .map((name) => ({ type, id, relation: name }))
        .filter((one) => !reads.has(readKey(one.type, one.id, one.relation))),
    )
    for (const one of unread) reads.set(readKey(one.type, one.id, one.relation), one)
    if (reads.size > questionLimits.reads) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { type: resource.type })
    frontier = await edgesOf(level)
  }
  return { nodes: [...nodes.values()], reads: [...reads.values()] }

  /** Those that are new, with what makes them on the same resource. */
  function addedWithRules(start: readonly Read[], known: Map<string, Read>): readonly Read[] {
    const fresh: Read[] = []
    const add = (one: Read): void => {
      const key = readKey(one.type, one.id, one.relation)
      if (known.has(key)) return
      known.set(key, one)
      fresh.push(one)
      for (const on of findRelation(types, one.type, one.relation)?.dependencies ?? [])
        if (on.by === 'computed' && !on.negative) add({ type: one.type, id: one.id, relation: on.relation })
    }
    for (const one of start) add(one)
    return fresh
  }

  async function edgesOf(level: readonly Read[]): Promise<Read[]> {
    if (level.length === 0) return []
    const all = level.flatMap(({ type, id, relation }) =>
      (findRelation(types, type, relation)?.reads ?? []).map((name) => ({ type, id, relation: name })),
    )
    const tuples = (await reader.read(organisationId, all, [], circumstances.nowMs)).filter(({ subject }) =>
      isResourceType(subject.type),
    )
    return level.flatMap((node) => {
      const rewrite = findRelation(types, node.type, node.relation)?.is
      return (rewrite === undefined ? [] : partsOf(rewrite)).flatMap((part) => {
        if (part.kind !== 'direct' && part.kind !== 'from') return []
        const name = part.kind === 'from' ? part.parent : node.relation
        const own = tuples.filter(
          (one) => one.resource.type === node.type && one.resource.id === node.id && one.relation === name,
        )
        if (own.length > maxEdges) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { type: node.type })
        return own.flatMap(({ subject: { type, id, relation } }) => {
          if (part.kind === 'from') return relation === undefined ? [{ type, id, relation: part.relation }] : []
          return relation === undefined ? [] : [{ type, id, relation }]
        })
      })
    })
  }
}
