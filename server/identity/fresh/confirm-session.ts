import type { Challenge, FactorKind, Freshness, Proof } from '@custodia/wire/http/factors.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { ProofContext } from '../factors/factor.ts'
import { amrsOf, factorOf } from '../factors/table.ts'
import type { Parts } from '../parts.ts'
import { waysOf } from '../policy/judge.ts'
import { readPolicy } from '../policy/sign-in-policy.ts'
import { readPerson } from '../store.ts'

type Confirming = { readonly context: ProofContext; readonly ways: Freshness['ways'] }

/** By what a session can be confirmed: a second factor where one is enrolled, otherwise the password; it may be nothing. */
async function confirming(parts: Parts, principal: UserPrincipal, head: RequestHead): Promise<Confirming> {
  const { queries } = parts.context.database
  const person = await readPerson(queries, principal.id)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  const { policy } = await readPolicy(queries, principal.organisationId)
  const ways = await waysOf(parts, person, policy)
  const strong = ways.filter(({ strength }) => strength === 'possession' || strength === 'phishing-resistant')
  // Whoever came in an unusual way by the password alone proves nothing by saying it again.
  const known = principal.stale === 'unprovable' ? [] : ways.filter(({ strength }) => strength === 'knowledge')
  const chosen = strong.length > 0 ? strong : known
  return {
    context: { person, flow: { kind: 'session', id: principal.sessionId }, head, policy },
    ways: chosen.map(({ factor, hint }) => ({ factor, hint })),
  }
}

/** When this session was confirmed last, and by what it can be again. */
export async function freshness(parts: Parts, principal: UserPrincipal, head: RequestHead): Promise<Freshness> {
  const { ways } = await confirming(parts, principal, head)
  return { ways, provenAt: new Date(principal.authenticatedAtMs).toISOString() }
}

/** @throws Refusal IDENTITY_FACTOR_NOT_ASKED, IDENTITY_TOO_MANY_TRIES. */
export async function challengeSession(
  parts: Parts,
  principal: UserPrincipal,
  factor: FactorKind,
  head: RequestHead,
): Promise<Challenge> {
  const { context, ways } = await confirming(parts, principal, head)
  if (!ways.some((way) => way.factor === factor)) throw refuse('IDENTITY_FACTOR_NOT_ASKED')
  return (await factorOf(factor).challenge?.(parts, context)) ?? { options: null, sentTo: null }
}

/**
 * Confirms a session by a fresh proof ("sudo mode"). The cookie changes with it: whoever copied the old one has gained nothing.
 *
 * @returns the Set-Cookie header.
 * @throws Refusal IDENTITY_FACTOR_WRONG, IDENTITY_FACTOR_NOT_ASKED, IDENTITY_TOO_MANY_TRIES, IDENTITY_BUSY, SESSIONS_OVER.
 */
export async function confirmSession(
  parts: Parts,
  principal: UserPrincipal,
  proof: Proof,
  head: RequestHead,
): Promise<string> {
  const { database, recorder } = parts.context
  const { context, ways } = await confirming(parts, principal, head)
  if (!ways.some((way) => way.factor === proof.factor)) throw refuse('IDENTITY_FACTOR_NOT_ASKED')
  const { id, organisationId } = principal
  const about = { organisationId, actor: { kind: 'user', id } as const, subjectId: id }
  const account = proof.factor === 'password' ? id : `factor:${id}`
  const kind = proof.factor === 'password' ? 'password' : 'code'
  const place = kind === 'password' ? parts.hasher.claim() : null
  await parts.guesses.spend(account, head.address, { kind, known: true }).finally(() => place?.leave())
  const factor = factorOf(proof.factor)
  if (!(await factor.prove(parts, context, proof))) {
    const data = { factor: proof.factor, for: 'confirmation' }
    recorder.note(event('factor.refused', { ...about, data, personal: { address: head.address } }))
    throw refuse('IDENTITY_FACTOR_WRONG')
  }
  await parts.guesses.forgive(account, head.address)
  return await database.transaction(async (tx) => {
    const factors = await amrsOf(tx, [factor.kind], id)
    const { cookie } = await parts.sessions.rotate(tx, principal, { factors, head })
    const data = { session: principal.sessionId, factor: factor.kind }
    await recorder.record(tx, event('session.confirmed', { ...about, data }))
    return cookie
  })
}
