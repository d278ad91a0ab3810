import type { DeclaredCondition, NamedCondition } from './named-conditions.ts'

/** Whom a tuple may name: a kind of subject, everyone of a kind (`user:*`), a resource, or a subject set (`inbox:team#member`). */
export type AllowedSubject = { readonly type: string; readonly relation?: string; readonly everyone?: true }

/** How a relation comes about. */
export type Rewrite =
  | { readonly kind: 'direct'; readonly allowed: readonly AllowedSubject[] }
  /** Who has another relation to the same resource. */
  | { readonly kind: 'computed'; readonly relation: string }
  /** Who has `relation` to a resource that this one names by its relation `parent`. */
  | { readonly kind: 'from'; readonly parent: string; readonly relation: string }
  | { readonly kind: 'any' | 'all'; readonly of: readonly Rewrite[] }
  | { readonly kind: 'except'; readonly base: Rewrite; readonly except: Rewrite }

/** One relation as it was declared. */
export type DeclaredRelation = {
  readonly name: string
  readonly is: Rewrite
  readonly permissions: readonly string[]
  /** Whoever has it may give it on, although the type has managers. */
  readonly reshare: boolean
}

/** One type as it was declared. */
export type DeclaredType = {
  /** `inbox:mailbox`. */
  readonly name: string
  /** Who has this relation to a resource may write every tuple of it. */
  readonly manage: string | null
  /** Of its resources, where nothing else is said of one. */
  readonly dataClass: string | null
  readonly conditions: readonly DeclaredCondition[]
  readonly relations: readonly DeclaredRelation[]
}

/** Another relation that must be known to know this one. */
export type Dependency = {
  readonly type: string
  readonly relation: string
  /** Of the same resource, of a resource that `relation` names as parent, or as a subject set of a tuple. */
  readonly by: 'computed' | 'parent' | 'set'
  /** True where having it takes away. */
  readonly negative: boolean
}

export type Relation = DeclaredRelation & {
  /** What tuples of it may name; empty where it is computed alone. */
  readonly allowed: readonly AllowedSubject[]
  readonly dependencies: readonly Dependency[]
  /** Relations of the same resource whose tuples are looked at to decide it, itself among them where it has tuples. */
  readonly reads: readonly string[]
  /** True where its tuples point to parents. */
  readonly structural: boolean
  /** True where having it, or something that follows from it, takes something away. */
  readonly takes: boolean
  /** Relations to the same resource that a tuple of it can bring, itself among them. */
  readonly brings: readonly string[]
  /** Every permission that a tuple of it can bring, on whatever resource, sorted. */
  readonly gives: readonly string[]
}

export type ResourceType = {
  readonly name: string
  readonly manage: string | null
  readonly dataClass: string | null
  /** What its tuples may name. */
  readonly conditions: ReadonlyMap<string, NamedCondition>
  readonly relations: ReadonlyMap<string, Relation>
}

/** Every type there is, checked. */
export type ResourceTypes = ReadonlyMap<string, ResourceType>

/** Kinds of subjects that are no resources. */
export const subjectKinds = ['user', 'service', 'application', 'group', 'role'] as const

/** Kinds whose members can be meant all together. */
export const countableKinds: ReadonlySet<string> = new Set(['user', 'service', 'application'])

export const everyone = '*'

/** Types of resources carry the application before a colon; kinds of subjects have none. */
export const isResourceType = (type: string): boolean => type.includes(':')

export const findRelation = (types: ResourceTypes, type: string, relation: string): Relation | undefined =>
  types.get(type)?.relations.get(relation)

/** The names of all relations of the type that give the permission. */
export function relationsGiving(types: ResourceTypes, type: string, permission: string): readonly string[] {
  const relations = [...(types.get(type)?.relations.values() ?? [])]
  return relations.filter((one) => one.permissions.includes(permission)).map(({ name }) => name)
}
