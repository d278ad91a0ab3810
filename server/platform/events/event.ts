import type { Static, TObject } from 'typebox'
import type { Queries } from '../database/database.ts'
import type { Principal } from '../http/principal.ts'

/** Who did it, as the ledger names them. */
export type Actor =
  | { readonly kind: 'user' | 'service' | 'application'; readonly id: string }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'system' }

/** What one type of event carries. `data` stays readable for ever; `personal` is sealed under the subject's key. */
export type EventDefinition<Data extends TObject = TObject, Personal extends TObject = TObject> = {
  /** What happened, in the past tense, for the catalogue. */
  readonly summary: string
  readonly data: Data
  readonly personal?: Personal
}

export type EventTable = Readonly<Record<string, EventDefinition>>

/** One event, ready to be recorded. */
export type Event = {
  /** `module.noun.verb`, as in `identity.user.invited`. */
  readonly type: string
  readonly organisationId: string | null
  readonly actor: Actor
  /** Whom it is about: the key under which `personal` is sealed. Null seals under the organisation's key. */
  readonly subjectId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly personal?: Readonly<Record<string, unknown>>
}

type Fields<D extends EventDefinition> = {
  organisationId: string | null
  actor: Actor
  subjectId?: string | null
  data: Static<D['data']>
} & (D['personal'] extends TObject ? { personal: Static<D['personal']> } : { personal?: never })

/**
 * Binds a module's event table to the function that makes its events.
 *
 * @example const event = eventMaker('identity', events); await record(tx, event('user.invited', { … }))
 */
export function eventMaker<Table extends EventTable>(module: string, _table: Table) {
  return <Name extends keyof Table & string>(name: Name, fields: Fields<Table[Name]>): Event => ({
    type: `${module}.${name}`,
    organisationId: fields.organisationId,
    actor: fields.actor,
    subjectId: fields.subjectId ?? null,
    data: fields.data,
    ...(fields.personal === undefined ? {} : { personal: fields.personal as Record<string, unknown> }),
  })
}

/**
 * Where events go. The ledger implements it; the platform only names it, so that a module on any tier can speak.
 */
export type Recorder = {
  /**
   * Records the event in the caller's transaction: both commit, or neither does.
   *
   * @throws Refusal LEDGER_EVENT_TOO_LARGE above 32,768 bytes of canonical JSON.
   */
  record(tx: Queries, event: Event): Promise<void>
  /**
   * Records an event that changes nothing (a refusal, a failed sign-in), soon, through a bounded queue.
   * Never waits; what does not fit is counted and shows in the ledger as a gap event.
   */
  note(event: Event): void
}

/** How the ledger names a principal. What a key does, its owner does. */
export function actorOf(principal: Principal | null): Actor {
  if (principal === null) return { kind: 'anonymous' }
  return { kind: principal.kind === 'key' ? principal.owner.kind : principal.kind, id: principal.id }
}
