import type { Challenge, EnrolledFactor, FactorKind, Proof, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import type { PersonRow } from '../store.ts'

/** What a proof is for, and what its challenge is bound to: a sign-in under way, or the session that confirms itself. */
export type Flow = { readonly kind: 'attempt' | 'session'; readonly id: string }

export type ProofContext = {
  readonly person: PersonRow
  readonly flow: Flow
  readonly head: RequestHead
  readonly policy: SignInPolicy
}

/**
 * How much a factor is worth. `phishing-resistant` stands for two factors at once (NIST SP 800-63B-4 §2.3); `restricted` is what may
 * be taken over on its way (§3.1.3.3); `recovery` is a second factor that is used up.
 */
export type Strength = 'knowledge' | 'possession' | 'restricted' | 'recovery' | 'phishing-resistant'

/** One kind of factor: a row of `table.ts`. */
export type Factor = {
  readonly kind: FactorKind
  /** As sessions and assertions name it (RFC 8176 where it has a name). */
  readonly amr: string
  /** Where that depends on what was proven last. */
  amrOf?(queries: Queries, personId: string): Promise<string>
  readonly strength: Strength
  /** Whether this person can prove it now. @returns a hint, which may be empty; null where they can't. */
  way(parts: Parts, person: PersonRow, policy: SignInPolicy): Promise<string | null>
  /** Where a proof needs something first: options for the authenticator, or a code that travels. */
  challenge?(parts: Parts, context: ProofContext): Promise<Challenge>
  /**
   * Decides, and uses up what works once: in statements of its own that commit, so that of many at once one wins, whatever becomes of
   * the sign-in afterwards. Tries are counted by the caller before.
   *
   * @returns false for anything that does not hold, without saying why.
   */
  prove(parts: Parts, context: ProofContext, proof: Proof): Promise<boolean>
  /** What the person has enrolled of this kind. */
  list(parts: Parts, person: PersonRow): Promise<readonly EnrolledFactor[]>
  /** @returns false where it is not theirs. */
  rename?(parts: Parts, tx: Queries, person: PersonRow, id: string, name: string): Promise<boolean>
  remove?(parts: Parts, tx: Queries, person: PersonRow, id: string): Promise<boolean>
}
