import type { DeclaredContexts } from '../policies/declared-attributes.ts'
import type { Circumstances, Standing, Subject, Tuple } from './api.ts'
import { checkResourceTypes } from './check-resource-types.ts'
import type { ResourceTypes } from './model.ts'
import { isResourceType } from './model.ts'
import { parseResourceTypes } from './resource-types.ts'
import type { Read, SubjectKey, TupleReader } from './tuples.ts'
import { maxEdges, readKey } from './tuples.ts'
import { textOf } from './write.ts'

/** Types of one application, checked; every permission is known. */
export const typesOf = (application: string, value: unknown, contexts: DeclaredContexts = {}): ResourceTypes =>
  checkResourceTypes(parseResourceTypes(application, value), () => true, contexts)

export const nothing: Standing = { roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY }

export const somewhere = (nowMs: number): Circumstances => ({ nowMs, network: null, assurance: 1 })

/** `inbox:doc/1#reader@user:a`, `inbox:doc/1#parent@inbox:folder/x`, `inbox:doc/1#reader@inbox:team/7#member`. */
export function tuple(text: string, more: Pick<Tuple, 'condition' | 'expiresMs'> = {}): Tuple {
  const match = /^([^/]+)\/([^#]+)#([^@]+)@(.+)$/.exec(text)
  if (match === null) throw new TypeError(`${text} is no tuple`)
  const [, type = '', id = '', relation = '', whom = ''] = match
  return { resource: { type, id }, relation, subject: subjectOf(whom), ...more }
}

export function subjectOf(text: string): Subject {
  const match = /^([^/]+)\/([^#]+)(?:#(.+))?$/.exec(text)
  if (match === null) return { type: text.slice(0, text.indexOf(':')), id: text.slice(text.indexOf(':') + 1) }
  const [, type = '', id = '', relation] = match
  return relation === undefined ? { type, id } : { type, id, relation }
}

/** Tuples of one organisation in memory: for many small worlds. A suite holds it against PostgreSQL. */
export class MemoryTuples implements TupleReader {
  readonly #tuples = new Map<string, Tuple>()
  /** How often it was asked. */
  reads = 0

  constructor(tuples: Iterable<Tuple> = []) {
    for (const one of tuples) this.add(one)
  }

  add(one: Tuple): void {
    this.#tuples.set(textOf(one), one)
  }

  remove(one: Tuple): void {
    this.#tuples.delete(textOf(one))
  }

  all(): readonly Tuple[] {
    return [...this.#tuples.values()]
  }

  #live(nowMs: number): Tuple[] {
    return [...this.#tuples.values()].filter(({ expiresMs = Number.POSITIVE_INFINITY }) => expiresMs > nowMs)
  }

  async read(_organisationId: string, reads: readonly Read[], subjects: readonly SubjectKey[], nowMs: number) {
    this.reads += 1
    const wanted = new Set(reads.map(({ type, id, relation }) => readKey(type, id, relation)))
    const named = new Set(subjects.map(textOfKey))
    const edges = new Map<string, number>()
    return this.#live(nowMs).filter((one) => {
      const key = readKey(one.resource.type, one.resource.id, one.relation)
      if (!wanted.has(key)) return false
      if (named.has(keyOf(one.subject))) return true
      if (!isResourceType(one.subject.type)) return false
      edges.set(key, (edges.get(key) ?? 0) + 1)
      return (edges.get(key) ?? 0) <= maxEdges + 1
    })
  }

  async resourcesOf(
    _organisationId: string,
    subjects: readonly SubjectKey[],
    target: { readonly type: string; readonly relations: readonly string[] },
    after: string | null,
    limit: number,
    nowMs: number,
  ) {
    const named = new Set(subjects.map(textOfKey))
    const found = this.#live(nowMs).filter(
      (one) =>
        one.resource.type === target.type && target.relations.includes(one.relation) && named.has(keyOf(one.subject)),
    )
    return inOrder(
      found.map(({ resource }) => resource.id),
      after,
      limit,
    )
  }

  async tuplesOf(
    _organisationId: string,
    subjects: readonly SubjectKey[],
    targets: readonly { readonly type: string; readonly relation: string }[],
    limit: number,
    nowMs: number,
  ) {
    const named = new Set(subjects.map(textOfKey))
    return this.#live(nowMs)
      .filter(
        ({ resource, relation, subject }) =>
          named.has(keyOf(subject)) &&
          targets.some((target) => target.type === resource.type && target.relation === relation),
      )
      .map(({ resource, relation }) => ({ ...resource, relation }))
      .slice(0, limit)
  }

  async subjectsOf(
    _organisationId: string,
    reads: readonly Read[],
    kind: { readonly type: string; readonly relation: string },
    after: string | null,
    limit: number,
    nowMs: number,
  ) {
    const wanted = new Set(reads.map(({ type, id, relation }) => readKey(type, id, relation)))
    const found = this.#live(nowMs).filter(
      ({ resource, relation, subject }) =>
        subject.type === kind.type &&
        (subject.relation ?? '') === kind.relation &&
        wanted.has(readKey(resource.type, resource.id, relation)),
    )
    return inOrder(
      found.map(({ subject }) => subject.id),
      after,
      limit,
    )
  }
}

const textOfKey = ({ type, id, relation }: SubjectKey): string => `${type} ${id} ${relation}`
const keyOf = ({ type, id, relation = '' }: Subject): string => textOfKey({ type, id, relation })

const inOrder = (ids: readonly string[], after: string | null, limit: number): string[] =>
  [...new Set(ids)]
    .filter((id) => after === null || id > after)
    .sort()
    .slice(0, limit)
