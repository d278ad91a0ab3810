import type { Value } from './values.ts'

/** Why a policy could not be evaluated; after Cedar's `EvaluationError`. */
export type FailureKind =
  | 'entity-does-not-exist'
  | 'attribute-does-not-exist'
  | 'tag-does-not-exist'
  | 'type-error'
  | 'integer-overflow'
  | 'extension-error'

/** What an expression gives in place of a value when it fails. Handed up, not thrown: failing is usual and must not be slow. */
export class Failure {
  readonly kind: FailureKind
  constructor(kind: FailureKind) {
    this.kind = kind
  }
}

export type Result = Value | Failure

export const noEntity = new Failure('entity-does-not-exist')
export const noAttribute = new Failure('attribute-does-not-exist')
export const noTag = new Failure('tag-does-not-exist')
export const wrongType = new Failure('type-error')
export const overflow = new Failure('integer-overflow')
export const extensionFailed = new Failure('extension-error')

/** For a value of the wrong type: a failure goes on as it is, anything else becomes a type error. */
export const mistyped = (result: Result): Failure => (result instanceof Failure ? result : wrongType)
