import type { Actor } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'

/** Whoever has the machine and gives it commands: bounded by no role, and nobody in particular. */
export type Operator = {
  readonly kind: 'operator'
  readonly organisationId: string
  /** True where they said that they go without the second administrator. */
  readonly alone?: boolean
}

export type Author = Principal | Operator

/** How the ledger names who asks. */
export const actorFor = (by: Author): Actor => (by.kind === 'operator' ? { kind: 'system' } : actorOf(by))
