import type { Actor } from '../events/event.ts'
import { actorOf } from '../events/event.ts'
import type { Principal } from './principal.ts'

/**
 * Whoever has the machine, with its configuration and its keys, and gives it commands: bounded by no role, and nobody in particular.
 * What keeps an organisation administrable, and a sign-in as strong as it was, holds for them too.
 */
export type Operator = { readonly kind: 'operator'; readonly organisationId: string }

/** Who asks that something of an organisation be changed. */
export type Asking = Principal | Operator

/** How the ledger names who asks. */
export const actorFor = (by: Principal | { readonly kind: 'operator' }): Actor =>
  by.kind === 'operator' ? { kind: 'system' } : actorOf(by)

/** Whose permissions bound what may be given and taken. Null for the operator. */
export const boundBy = <Who extends { readonly kind: 'operator' }>(by: Principal | Who): Principal | null =>
  by.kind === 'operator' ? null : by
