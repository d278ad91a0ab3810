/** What a policy was asked about and by whom, as JSON: all that another version needs in order to decide the same. */
export type Recorded = {
  /** Cedar JSON of the context. */
  readonly context: Readonly<Record<string, unknown>>
  readonly principal: {
    /** Cedar JSON. */
    readonly attributes: Readonly<Record<string, unknown>>
    /** Every role and every group, transitively: a name that is not here is one that the principal is not in. */
    readonly roles: readonly string[]
    readonly groups: readonly string[]
  }
  /** Cedar JSON of those attributes that are known. */
  readonly resource: {
    readonly attributes: Readonly<Record<string, unknown>>
    /** True where these are all; else one that is not here is unknown, and not absent. */
    readonly complete: boolean
  }
  /** By the id of `Custodia::Relation`, whether the principal is in it. One that is not here is unknown. */
  readonly relations: Readonly<Record<string, boolean>>
}

export type NotedDecision = {
  readonly organisationId: string
  readonly principal: { readonly kind: 'user' | 'application' | 'service'; readonly id: string }
  /** The permission. */
  readonly action: string
  /** `inbox:mailbox` and its id; null where it was about the organisation. */
  readonly resource: { readonly type: string; readonly id: string } | null
  readonly decision: 'allow' | 'deny'
  readonly reason: 'permitted' | 'no-grant' | 'forbidden' | 'condition'
  /** Ids of the policies that decided. At most 20 are kept. */
  readonly policies: readonly string[]
  /** Ids of the policies that could not be evaluated. At most 20 are kept. */
  readonly errors: readonly string[]
  /** Of the organisation's policies; 0 where none was live. */
  readonly policyVersion: number
  readonly revision: number
  readonly latencyMicroseconds: number
  /** The client's address; what is kept in the clear is its network. */
  readonly address: string | null
  /** Called only where the decision is kept. Null where nothing can be said. */
  recorded(): Recorded | null
}

export type DecisionLog = {
  /** Keeps every refusal, and of the others some. Never waits and never throws; what does not fit is counted. */
  note(decision: NotedDecision): void
}

/** Decisions to decide again, newest first. */
export type LoggedDecision = {
  readonly id: string
  readonly at: Date
  readonly principal: { readonly kind: NotedDecision['principal']['kind']; readonly id: string }
  readonly action: string
  readonly resource: { readonly type: string; readonly id: string } | null
  readonly decision: 'allow' | 'deny'
  /** Null where it was not kept, or its principal was erased. */
  readonly recorded: Recorded | null
}

/** Thrown by the store of a recorded decision where it is asked for what was not recorded. */
export class NotRecorded extends Error {
  /** As in `resource.owner` or `relation`. */
  readonly what: string
  constructor(what: string) {
    super(`the log does not say ${what}`)
    this.name = 'NotRecorded'
    this.what = what
  }
}

/** For whoever decides again what was decided. */
export type ReplaySource = {
  /** Newest first, below `before`, at most `limit`: in pages, so that nothing waits for all of them. */
  newest(
    organisationId: string,
    page: { readonly since: Date; readonly before: string | null; readonly limit: number },
  ): Promise<readonly LoggedDecision[]>
}
