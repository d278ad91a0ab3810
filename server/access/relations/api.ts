import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'

/** What relations are about: a type of the configuration as in `inbox:mailbox`, and an identifier of the application's own. */
export type ResourceId = { readonly type: string; readonly id: string }

/**
 * Whom a tuple names: `user`, `service`, `application`, `group` or `role` with its id; `user` with `*` for everyone of that kind in the
 * organisation; or a resource, which with a relation is a subject set (everybody who has that relation to it).
 */
export type Subject = { readonly type: string; readonly id: string; readonly relation?: string }

/** When a tuple counts. All that it says must be met. */
export type Condition = {
  /** Epoch milliseconds. */
  readonly notBeforeMs?: number
  /** 1 to 20 addresses or ranges, as in `10.0.0.0/8`. */
  readonly networks?: readonly string[]
  /** The least assurance level of the session. */
  readonly assurance?: 1 | 2 | 3
  /** One that the resource's type declares, with what it wants to be told. */
  readonly named?: { readonly name: string; readonly parameters?: Readonly<Record<string, unknown>> }
}

export type Tuple = {
  readonly resource: ResourceId
  readonly relation: string
  readonly subject: Subject
  readonly condition?: Condition
  /** Epoch milliseconds; from then on the tuple is not there. */
  readonly expiresMs?: number
}

/** What a subject belongs to, through everything; made by `grants`. `untilMs` is Infinity where nothing of it ends. */
export type Standing = {
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly untilMs: number
}

/** What conditions are held against; what stands behind `assurance`, named ones alone. What is left out is as usual. */
export type Circumstances = {
  readonly nowMs: number
  readonly network: string | null
  readonly assurance: number
  readonly factors?: readonly string[]
  readonly risk?: number
  readonly api?: boolean
  /** What the application sends, as Cedar's JSON. */
  readonly application?: Readonly<Record<string, unknown>>
}

export type Question = {
  readonly organisationId: string
  readonly subject: Subject
  readonly standing: Standing
  readonly resource: ResourceId
  readonly relation: string
  readonly circumstances: Circumstances
}

/** `condition`: one that the type declares. */
export type ConditionName = 'time' | 'network' | 'assurance' | 'condition'

/** What would have to be otherwise for the relation to hold: where there are several ways, the one that asks least. */
export type Unmet = {
  readonly names: readonly ConditionName[]
  /** The assurance level that would do, where that is missing. */
  readonly assurance?: 1 | 2 | 3
  /** When it begins, epoch milliseconds, where it has not yet. */
  readonly notBeforeMs?: number
  /** The names of declared conditions that are not met. */
  readonly conditions?: readonly string[]
}

/** One step of the way from a resource to a subject. A step without a tuple is a rule of the type. */
export type Step = {
  readonly resource: ResourceId
  readonly relation: string
  readonly rule: 'direct' | 'computed' | 'parent'
  readonly tuple: Tuple | null
}

export type Held = {
  readonly holds: boolean
  /** The answer can't become another before that, but by a change; Infinity where nothing in it ends. Epoch milliseconds. */
  readonly untilMs: number
  /** There where a grant is there but for conditions that are not met now. */
  readonly conditional: Unmet | null
  /** What decided, from the resource on; of an exclusion that refuses, what excluded. Empty where nothing was found. */
  readonly path: readonly Step[]
}

/** Whose right limits a change. */
export type Giver = {
  readonly subject: Subject
  readonly standing: Standing
  readonly circumstances: Circumstances
  /** What they may do in the whole organisation, by their roles. */
  readonly permissions: ReadonlySet<string>
}

export type RelationChange = {
  readonly organisationId: string
  /**
   * Null where nobody's rights limit it: an application about its own types, or the system. A function is asked once nobody else can
   * change who may do what in the organisation: so that nobody gives what was taken from them a moment ago.
   */
  readonly by: Giver | null | ((tx: Queries) => Promise<Giver>)
  readonly actor: Actor
  /** The application that asks in the actor's name, for the ledger. */
  readonly through?: string
  readonly add?: readonly Tuple[]
  /** Conditions and expiries of these are not looked at. */
  readonly remove?: readonly Omit<Tuple, 'condition' | 'expiresMs'>[]
}

/** A relation by its name, or every relation that gives the permission. */
export type Wanted = { readonly relation: string } | { readonly permission: string }

export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }

export type ResourceSearch = {
  readonly organisationId: string
  readonly subject: Subject
  readonly standing: Standing
  readonly type: string
  readonly wanted: Wanted
  readonly circumstances: Circumstances
  readonly cursor?: string
  /** 1 to 1,000. */
  readonly limit: number
}

export type SubjectSearch = {
  readonly organisationId: string
  readonly resource: ResourceId
  readonly wanted: Wanted
  /** The kind that is looked for; with a relation, subject sets. */
  readonly kind: { readonly type: string; readonly relation?: string }
  readonly standingOf: (subject: Subject) => Standing | Promise<Standing>
  readonly circumstances: Circumstances
  readonly cursor?: string
  /** 1 to 1,000. */
  readonly limit: number
}

export type NamedSearch = Pick<SubjectSearch, 'organisationId' | 'resource' | 'wanted' | 'circumstances'>

/** Whom tuples name on the way to a permission on a resource: whether it holds for them, somebody else asks. */
export type Named = {
  /** True where everyone of the kind is named. */
  everyone(kind: string): Promise<boolean>
  /** Identifiers of a kind, in their order, without doubles, after the one that is given: at most `limit`. */
  next(kind: string, after: string | null, limit: number): Promise<readonly string[]>
}

export type ShareSearch = {
  readonly organisationId: string
  readonly resource: ResourceId
  readonly nowMs: number
  readonly cursor?: string
  /** 1 to 1,000. */
  readonly limit: number
}

export type Relations = {
  /**
   * Adds and removes tuples in the caller's transaction, with the event; raises the organisation's revision, and announces after the
   * commit. What is there already, or gone already, is no error.
   *
   * @returns how many tuples changed.
   * @throws Refusal ACCESS_RELATION_MALFORMED, ACCESS_RELATION_UNKNOWN, ACCESS_RELATION_SUBJECT_REFUSED,
   * ACCESS_RELATION_NOT_YOURS_TO_GIVE, ACCESS_RELATION_OUTLIVES_YOURS, ACCESS_RELATIONS_TOO_WIDE.
   */
  write(tx: Queries, change: RelationChange): Promise<number>
  /**
   * Whether the subject has the relation to the resource. At once where it is remembered. An unknown type or relation holds for nobody.
   *
   * @throws Refusal ACCESS_RELATIONS_TOO_DEEP, ACCESS_RELATIONS_TOO_WIDE
   */
  holds(question: Question): Held | Promise<Held>
  /** As `holds`, from the tables and nothing else, and by the way that lasts longest. */
  explain(question: Question): Promise<Held>
  /**
   * Resources of the type, in the order of their identifiers: candidates by index, each put through `holds`. A page may be short, even
   * empty, where `next` is there.
   *
   * @throws Refusal ACCESS_CURSOR_INVALID, ACCESS_RELATIONS_TOO_WIDE
   */
  listResources(search: ResourceSearch): Promise<Page<string>>
  /**
   * For lists of who has a permission by whatever way. Of an unknown type nobody is named.
   *
   * @throws Refusal ACCESS_RELATIONS_TOO_DEEP, ACCESS_RELATIONS_TOO_WIDE
   */
  named(search: NamedSearch): Promise<Named>
  /** Resources of the type that tuples name, in order, after the one that is given: all that Custodia knows of. At most `limit`. */
  known(organisationId: string, type: string, after: string | null, limit: number): Promise<readonly string[]>
  /** Subjects that tuples name, each put through `holds`; whom a group or a role stands for, `grants` knows. Throws as `listResources`. */
  listSubjects(search: SubjectSearch): Promise<Page<Subject>>
  /**
   * With whom one resource is shared, as it was written, in the order of relation and subject. Whether the asker may see that is the
   * caller's business.
   *
   * @throws Refusal ACCESS_CURSOR_INVALID
   */
  listShares(search: ShareSearch): Promise<Page<Tuple>>
  /**
   * Holds what is shared with a subject, as a group or a role, against what a giver may give: who is put there comes to have it.
   *
   * @throws Refusal ACCESS_RELATION_NOT_YOURS_TO_GIVE; ACCESS_RELATION_OUTLIVES_YOURS where they have it for a time only;
   * ACCESS_RELATIONS_TOO_WIDE where more is shared with it than can be looked at.
   */
  requireHandable(organisationId: string, giver: Giver, subject: Subject): Promise<void>
  /** Every tuple that names the subject, at most 10,000: for a person's export. */
  naming(organisationId: string, subject: Subject): Promise<readonly Tuple[]>
  /** Takes every tuple that names the subject: for one who is erased or deleted. Writes no event; announces. */
  forget(tx: Queries, organisationId: string, subject: Subject): Promise<number>
  /** Drops what is remembered of the organisation here, and tells nobody. */
  forgetAnswers(organisationId: string): void
  /** Deletes tuples that expired, at most 1,000. @returns how many. */
  sweep(): Promise<number>
}
