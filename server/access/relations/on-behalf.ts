import type { AssertionClaims } from '@custodia/wire/http/gateway.ts'
import type { Signer } from '../../keyring/api.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Principal, UserPrincipal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Directory } from '../grants/parts.ts'

/** Which sessions serve their people, where nobody knows sessions: the module that does, lends it. */
export type SessionDirectory = {
  /** False where it ended, is over, or is held. */
  usable(tx: Queries, sessionId: string): Promise<boolean>
}

export type OnBehalfNeeds = {
  /** Of the gateway's assertions: this server made every one that holds. */
  readonly signer: () => Promise<Signer>
  readonly issuer: string
  readonly clock: { nowMs(): number }
  readonly recorder: Recorder
  readonly sessions: () => SessionDirectory | null
  readonly directory: () => Directory | null
}

/** The processes' clocks may differ by this much: for the beginning of an assertion, and never for its end. */
const skewSeconds = 5
const lifetimeSeconds = 60

/**
 * Reads who calls the application now, from the assertion that the gateway put on their request: the only proof of it that an application
 * has. It holds for the application that it was made for, in its key's organisation, for the minute that it says.
 *
 * @throws Refusal ACCESS_ON_BEHALF_REFUSED, which does not say why; the ledger does.
 */
export async function personBehind(needs: OnBehalfNeeds, principal: Principal, jwt: string): Promise<UserPrincipal> {
  if (principal.kind !== 'application') throw refused(needs, principal, 'not-an-application')
  const { aud, org, sub, sid, amr, exp } = await claimsOf(needs, jwt).catch(() => {
    throw refused(needs, principal, 'not-ours')
  })
  if (aud !== principal.id) throw refused(needs, principal, 'another-application')
  if (org !== principal.organisationId) throw refused(needs, principal, 'another-organisation')
  if (exp * 1_000 <= needs.clock.nowMs()) throw refused(needs, principal, 'expired')
  return {
    ...{ kind: 'user', id: sub, organisationId: org, sessionId: sid, factors: amr },
    // What they may is read where it is needed, as it is then.
    ...{ roles: [], authenticatedAtMs: 0 },
  }
}

/**
 * Whoever called a moment ago may have been signed out or disabled since: looked at in the transaction of what is done for them.
 *
 * @throws Refusal ACCESS_ON_BEHALF_REFUSED
 */
export async function requirePresent(needs: OnBehalfNeeds, tx: Queries, principal: Principal, person: UserPrincipal) {
  const { organisationId, id, sessionId } = person
  const signedIn = (await needs.sessions()?.usable(tx, sessionId)) === true
  if (!signedIn) throw refused(needs, principal, 'signed-out')
  const states = await needs.directory()?.states(tx, organisationId, [id])
  if (states !== undefined && states.get(id) !== 'active') throw refused(needs, principal, 'inactive')
}

async function claimsOf({ signer, issuer, clock }: OnBehalfNeeds, jwt: string): Promise<AssertionClaims> {
  const { importJWK, jwtVerify } = await import('jose')
  const { publicKey } = await signer()
  const x = Buffer.from(publicKey).toString('base64url')
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
  const { payload } = await jwtVerify(jwt, key, {
    algorithms: ['EdDSA'], // RFC 8725 §3.1
    typ: 'custodia-assertion+jwt', // RFC 8725 §3.11
    issuer,
    clockTolerance: skewSeconds,
    maxTokenAge: lifetimeSeconds,
    currentDate: new Date(clock.nowMs()),
    requiredClaims: ['aud', 'org', 'sub', 'sid', 'amr', 'exp'],
  })
  // We signed it, so that the rest has the shape that the gateway gave it.
  return payload as unknown as AssertionClaims
}

/** One refusal for all of them: an application that tries learns nothing. */
function refused({ recorder }: OnBehalfNeeds, principal: Principal, why: string) {
  const { organisationId } = principal
  recorder.note(event('on-behalf.refused', { organisationId, actor: actorOf(principal), data: { why } }))
  return refuse('ACCESS_ON_BEHALF_REFUSED')
}
