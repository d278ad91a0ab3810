import type { Actor } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'

/**
 * Whoever has the machine, with its configuration and its keys, and gives it commands: bounded by no role, and nobody in particular.
 * What keeps an organisation administrable, and a sign-in as strong as it was, holds for them too.
 */
export type Operator = { readonly kind: 'operator'; readonly organisationId: string }

/** Who asks that something of an organisation be changed. */
export type Asking = Principal | Operator

/** How the ledger names who asks. */
export const actorFor = (by: Asking): Actor => (by.kind === 'operator' ? { kind: 'system' } : actorOf(by))

/** Whose permissions bound what may be given and taken. Null for the operator. */
export const boundBy = (by: Asking): Principal | null => (by.kind === 'operator' ? null : by)
