import type { DeclaredContexts } from '../policies/declared-attributes.ts'
import type {
  AllowedSubject,
  DeclaredRelation,
  DeclaredType,
  Dependency,
  Relation,
  ResourceType,
  ResourceTypes,
  Rewrite,
} from './model.ts'
import { isResourceType, subjectKinds } from './model.ts'
import { compileCondition } from './named-conditions.ts'
import { partsOf } from './resource-types.ts'

type Declared = ReadonlyMap<string, ReadonlyMap<string, DeclaredRelation>>
type Node = { readonly type: string; readonly relation: string }

/**
 * Holds the types of all applications against each other, and works out what follows from them.
 *
 * @param knowsPermission whether there is such a permission.
 * @param contexts what applications send, for conditions that look at it.
 * @throws Error that names what is wrong: types, relations and permissions that don't exist, parents that are no resources, and
 * exclusions that depend on themselves.
 */
export function checkResourceTypes(
  types: readonly DeclaredType[],
  knowsPermission: (permission: string) => boolean,
  contexts: DeclaredContexts = {},
): ResourceTypes {
  const declared = new Map<string, ReadonlyMap<string, DeclaredRelation>>()
  for (const type of types) {
    if (declared.has(type.name)) throw new Error(`the type ${type.name} is declared twice`)
    declared.set(type.name, new Map(type.relations.map((relation) => [relation.name, relation])))
  }
  for (const type of types) refuseUnknown(type, declared, knowsPermission)
  const dependencies = new Map<string, readonly Dependency[]>()
  for (const type of types)
    for (const relation of type.relations)
      dependencies.set(key(type.name, relation.name), dependenciesOf(declared, type.name, relation))
  const rules = new Consequences(types, dependencies)
  for (const type of types)
    for (const { name } of type.relations) rules.refuseParadox({ type: type.name, relation: name })
  const graph = rules.withManagers(types)
  return new Map(types.map((type) => [type.name, completed(type, declared, dependencies, graph, contexts)]))
}

function completed(
  type: DeclaredType,
  declared: Declared,
  dependencies: ReadonlyMap<string, readonly Dependency[]>,
  graph: Consequences,
  contexts: DeclaredContexts,
): ResourceType {
  const parents = new Set(type.relations.flatMap(({ is }) => parentsOf(is)))
  const complete = (relation: DeclaredRelation): Relation => {
    const follows = graph.following({ type: type.name, relation: relation.name })
    return {
      ...relation,
      allowed: allowedOf(relation.is),
      dependencies: dependencies.get(key(type.name, relation.name)) ?? [],
      reads: [...readsOf(declared, type.name, relation.name, new Set())].sort(),
      structural: parents.has(relation.name),
      takes: excludesBy(relation.is, 'direct') || follows.some((one) => graph.takesAway(one)),
      brings: graph.onTheSame({ type: type.name, relation: relation.name }),
      gives: [
        ...new Set(follows.flatMap((one) => declared.get(one.type)?.get(one.relation)?.permissions ?? [])),
      ].sort(),
    }
  }
  return {
    name: type.name,
    manage: type.manage,
    dataClass: type.dataClass,
    conditions: new Map(type.conditions.map((one) => [one.name, compileCondition(type.name, one, contexts)])),
    relations: new Map(type.relations.map((relation) => [relation.name, complete(relation)])),
  }
}

function refuseUnknown(type: DeclaredType, declared: Declared, knowsPermission: (permission: string) => boolean): void {
  const relations = declared.get(type.name) as ReadonlyMap<string, DeclaredRelation>
  if (type.manage !== null && !relations.has(type.manage))
    throw new Error(`${type.name}: there is no relation ${type.manage} to manage by`)
  for (const { name, is, permissions } of type.relations) {
    const at = `${type.name}#${name}`
    for (const permission of permissions)
      if (!knowsPermission(permission)) throw new Error(`${at}: there is no permission ${permission}`)
    for (const part of partsOf(is)) {
      if (part.kind === 'direct') for (const allowed of part.allowed) refuseUnknownSubject(at, allowed, declared)
      if (part.kind === 'computed' && !relations.has(part.relation))
        throw new Error(`${at}: there is no relation ${part.relation}`)
      if (part.kind === 'from') refuseBadParent(at, part, relations, declared)
    }
  }
}

function refuseUnknownSubject(at: string, { type, relation }: AllowedSubject, declared: Declared): void {
  const known = isResourceType(type) ? declared.has(type) : (subjectKinds as readonly string[]).includes(type)
  if (!known) throw new Error(`${at}: there is no type ${type}`)
  if (relation !== undefined && !declared.get(type)?.has(relation))
    throw new Error(`${at}: ${type} has no relation ${relation}`)
}

function refuseBadParent(
  at: string,
  { parent, relation }: Extract<Rewrite, { kind: 'from' }>,
  relations: ReadonlyMap<string, DeclaredRelation>,
  declared: Declared,
): void {
  const named = relations.get(parent)
  if (named === undefined) throw new Error(`${at}: there is no relation ${parent}`)
  if (
    named.is.kind !== 'direct' ||
    named.is.allowed.some((one) => !isResourceType(one.type) || one.relation !== undefined)
  )
    throw new Error(`${at}: ${parent} names more than resources, so that nothing comes from it`)
  if (!named.is.allowed.some((one) => declared.get(one.type)?.has(relation)))
    throw new Error(`${at}: nothing that ${parent} names has a relation ${relation}`)
}

function dependenciesOf(declared: Declared, type: string, { is }: DeclaredRelation): readonly Dependency[] {
  const found: Dependency[] = []
  const walk = (rewrite: Rewrite, negative: boolean): void => {
    if (rewrite.kind === 'direct') {
      for (const { type: of, relation } of rewrite.allowed)
        if (relation !== undefined) found.push({ type: of, relation, by: 'set', negative })
    } else if (rewrite.kind === 'computed') {
      found.push({ type, relation: rewrite.relation, by: 'computed', negative })
    } else if (rewrite.kind === 'from') {
      for (const { type: of } of allowedOf(declared.get(type)?.get(rewrite.parent)?.is))
        if (declared.get(of)?.has(rewrite.relation))
          found.push({ type: of, relation: rewrite.relation, by: 'parent', negative })
    } else if (rewrite.kind === 'except') {
      walk(rewrite.base, negative)
      walk(rewrite.except, true)
    } else for (const part of rewrite.of) walk(part, negative)
  }
  walk(is, false)
  return found
}

const allowedOf = (is: Rewrite | undefined): readonly AllowedSubject[] =>
  is === undefined ? [] : partsOf(is).flatMap((part) => (part.kind === 'direct' ? part.allowed : []))

/** Whether tuples that are looked at for it may take it away. */
const excludesBy = (is: Rewrite, kind: 'direct' | 'from'): boolean =>
  partsOf(is).some((part) => part.kind === 'except' && partsOf(part.except).some((one) => one.kind === kind))

const parentsOf = (is: Rewrite): readonly string[] =>
  partsOf(is).flatMap((part) => (part.kind === 'from' ? [part.parent] : []))

function readsOf(declared: Declared, type: string, name: string, seen: Set<string>, reads = new Set<string>()) {
  const relation = declared.get(type)?.get(name)
  if (relation === undefined || seen.has(name)) return reads
  seen.add(name)
  for (const part of partsOf(relation.is)) {
    if (part.kind === 'direct') reads.add(name)
    if (part.kind === 'from') reads.add(part.parent)
    if (part.kind === 'computed') readsOf(declared, type, part.relation, seen, reads)
  }
  return reads
}

const key = (type: string, relation: string): string => `${type}#${relation}`

type Consequence = Node & { readonly same: boolean; readonly negative: boolean }

/** What follows from what: the dependencies, the other way round. */
class Consequences {
  readonly #next = new Map<string, Consequence[]>()

  constructor(types: readonly DeclaredType[], dependencies: ReadonlyMap<string, readonly Dependency[]>) {
    for (const { name: type, relations } of types)
      for (const { name: relation, is } of relations) {
        for (const on of dependencies.get(key(type, relation)) ?? [])
          this.#add(key(on.type, on.relation), { type, relation, same: on.by === 'computed', negative: on.negative })
        for (const parent of parentsOf(is))
          this.#add(key(type, parent), { type, relation, same: true, negative: excludesBy(is, 'from') })
      }
  }

  #add(from: string, to: Consequence): void {
    const known = this.#next.get(from)
    if (known === undefined) this.#next.set(from, [to])
    else known.push(to)
  }

  #of = ({ type, relation }: Node): readonly Consequence[] => this.#next.get(key(type, relation)) ?? []

  /** Who manages a resource can give themselves everything on it: all of that follows, too. */
  withManagers(types: readonly DeclaredType[]): this {
    for (const { name: type, manage, relations } of types)
      if (manage !== null)
        for (const { name: relation } of relations)
          this.#add(key(type, manage), { type, relation, same: true, negative: false })
    return this
  }

  /** Everything that follows, itself first. */
  following(start: Node, within: (one: Consequence) => boolean = () => true): readonly Node[] {
    const found = new Map<string, Node>([[key(start.type, start.relation), start]])
    for (const node of found.values())
      for (const next of this.#of(node)) if (within(next)) found.set(key(next.type, next.relation), next)
    return [...found.values()]
  }

  onTheSame(start: Node): readonly string[] {
    return this.following(start, ({ same }) => same).map(({ relation }) => relation)
  }

  /** Whether something is taken away by it. */
  takesAway(node: Node): boolean {
    return this.#of(node).some(({ negative }) => negative)
  }

  /** An exclusion that depends on itself holds where it does not: no answer to that is right. */
  refuseParadox(start: Node): void {
    for (const next of this.#of(start)) {
      const returns =
        next.negative &&
        this.following(next).some((one) => key(one.type, one.relation) === key(start.type, start.relation))
      if (returns)
        throw new Error(
          `${key(next.type, next.relation)}: an exclusion depends on itself, by ${key(start.type, start.relation)}`,
        )
    }
  }
}
