import type { Tuple } from './api.ts'

/** Every tuple that could decide about a subject, of one relation to one resource. */
export type Read = { readonly type: string; readonly id: string; readonly relation: string }

/** A subject as it stands in a tuple; `relation` is empty where it is no subject set. */
export type SubjectKey = { readonly type: string; readonly id: string; readonly relation: string }

/** More tuples that name resources or subject sets a relation to one resource can't have. */
export const maxEdges = 100

/**
 * Where the evaluator and the lists read tuples. Two implementations: PostgreSQL (`store.ts`) and memory (`testing.ts`), which one
 * suite holds against each other. None ever returns a tuple that expired.
 */
export type TupleReader = {
  /**
   * Of each relation: the tuples that name one of the subjects, found one by one by the primary key, and those that name resources or
   * subject sets, at most `maxEdges + 1`. What it costs does not follow from how many others the resource is shared with.
   */
  read(
    organisationId: string,
    reads: readonly Read[],
    subjects: readonly SubjectKey[],
    nowMs: number,
  ): Promise<readonly Tuple[]>
  /**
   * Identifiers of resources of the type that a tuple of one of the relations names with one of the subjects, without doubles, in the
   * order of code points, after `after`: at most `limit`.
   */
  resourcesOf(
    organisationId: string,
    subjects: readonly SubjectKey[],
    target: { readonly type: string; readonly relations: readonly string[] },
    after: string | null,
    limit: number,
    nowMs: number,
  ): Promise<readonly string[]>
  /** What tuples of (type, relation) name with one of the subjects: at most `limit`. */
  tuplesOf(
    organisationId: string,
    subjects: readonly SubjectKey[],
    targets: readonly { readonly type: string; readonly relation: string }[],
    limit: number,
    nowMs: number,
  ): Promise<readonly Read[]>
  /** Identifiers of subjects of the kind that tuples of these relations name, as `resourcesOf`. */
  subjectsOf(
    organisationId: string,
    reads: readonly Read[],
    kind: { readonly type: string; readonly relation: string },
    after: string | null,
    limit: number,
    nowMs: number,
  ): Promise<readonly string[]>
}

export const readKey = (type: string, id: string, relation: string): string => `${type}/${id}#${relation}`
