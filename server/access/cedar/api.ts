import type { FailureKind } from './failure.ts'
import type { CedarRecord, EntityUid, Value } from './values.ts'

export { compilePolicies } from './compile-policies.ts'
export { entityFromJson, recordFromJson, valueFromJson } from './from-json.ts'
export { entitiesFromJson } from './memory-entities.ts'
export { PolicyRefused, ValueRefused } from './refusal.ts'
export { entityUid } from './values.ts'
export type { CedarRecord, EntityUid, FailureKind, Value }

/** Attributes or tags by their names; a `Map` is one, and so is whatever reads them when they are asked for. */
export type Attributes = { get(name: string): Value | undefined }

/**
 * What is known about entities, asked only for what a decision needs. Answers must not change while a decision is made. What it
 * throws, `decide` throws: a store that could not answer is no reason to decide.
 */
export interface EntityStore {
  /** @returns undefined where there is no such entity; then reading an attribute is an error, and `has` is false. */
  attributes(uid: EntityUid): Attributes | undefined
  /** @returns undefined where there is no such entity, and only there. */
  tags(uid: EntityUid): Attributes | undefined
  /** Whether the ancestor is above it, at any distance. Never asked about an entity and itself. */
  isIn(uid: EntityUid, ancestor: EntityUid): boolean
  /**
   * Everything above it, where that is a short list: then policies for many groups or roles are found by it, in place of a question
   * about each. Must agree with `isIn`.
   */
  ancestors?(uid: EntityUid): Iterable<EntityUid>
}

export type Request = {
  readonly principal: EntityUid
  readonly action: EntityUid
  readonly resource: EntityUid
  readonly context: CedarRecord
}

export type Decision = {
  readonly decision: 'allow' | 'deny'
  /** Of an allow the permits that hold, of a deny the forbids that do; none where nothing permits. Sorted. */
  readonly determining: readonly string[]
  /** Policies that could not be evaluated, and so counted for nothing. Sorted by their ids. */
  readonly errors: readonly { readonly policyId: string; readonly kind: FailureKind }[]
}

/** Actions, each with all that are above it. Where it is given, it alone says which action is in which, and the store is not asked. */
export type ActionHierarchy = readonly { readonly action: EntityUid; readonly ancestors: readonly EntityUid[] }[]

/** Compiled policies. Holds nothing of any request. */
export interface Compiled {
  /** Static policies and links. */
  readonly size: number
  decide(request: Request, entities: EntityStore): Decision
  /** Ids of the policies that a decision about this would look at: for tests, and for whoever explains one. */
  candidates(request: Request, entities: EntityStore): readonly string[]
}
