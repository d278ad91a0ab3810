import type { Decision } from '../../platform/http/ports.ts'
import type { Held, Standing, Unmet } from '../relations/api.ts'

/** Who asks, or is asked about. */
export type Who = {
  readonly kind: 'user' | 'service' | 'application'
  readonly id: string
  readonly organisationId: string
  /** Where it is known with who asks, as of an application whose key says it; else what they were given is looked up. */
  readonly roles?: readonly string[]
  /** What a key narrows them to; undefined where nothing does. */
  readonly scopes?: readonly string[]
}

/** What it is about. `type` null: the organisation as a whole. */
export type What = {
  readonly type: string | null
  readonly id: string
  readonly organisationId: string
  /** What the application says of it; names of relations and what Custodia itself says are not taken from it. */
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** Under which circumstances. */
export type Facts = {
  readonly nowMs: number
  /** The client's address. Null where nobody knows it. */
  readonly address: string | null
  /** 1 one factor, 2 two, 3 one of them can't be phished. */
  readonly assurance: 1 | 2 | 3
  readonly factors: readonly string[]
  /** How unlike the person their session looks: 0 as usual to 1,000. 0 of whoever has no session. */
  readonly risk: number
  /** True where a key asks, and no person. */
  readonly api: boolean
  /** What the application sends with the question, as it declares it: Cedar's JSON. */
  readonly application?: Readonly<Record<string, unknown>>
}

export type Question = {
  readonly who: Who
  readonly permission: string
  readonly what: What
  readonly facts: Facts
}

export type Verdict = Decision & {
  /** Policies that could not be evaluated. A forbid among them forbids; a permit grants nothing. */
  readonly errors: readonly string[]
  /** Of the organisation's policies; 0 where none is live. */
  readonly policyVersion: number
  /** Where `reason` is `condition`: what would have to be otherwise. */
  readonly unmet: Unmet | null
  /** Epoch milliseconds until which it can't become another but by a change; Infinity where nothing in it ends. */
  readonly untilMs: number
}

export type Options = {
  /** True: nothing remembered is believed. */
  readonly anew?: boolean
  /** False: it does not stand in the decision log, as one of the many that make up a list. */
  readonly log?: boolean
}

/** Why a question is answered as it is. */
export type Explanation = {
  readonly verdict: Verdict
  readonly standing: Standing
  /** Ids of the policies that could have decided, sorted. */
  readonly considered: readonly string[]
  /** By its name, each relation that was asked about: whether it holds, and by which way. */
  readonly relations: Readonly<Record<string, Held>>
  /** What gives the permission, whether or not they have it: roles of the organisation, relations to this resource. */
  readonly wouldGrant: { readonly roles: readonly string[]; readonly relations: readonly string[] }
}
