import type { Access } from '../access/api.ts'
import type { ApiKeys } from '../apikeys/api.ts'
import type { Identity } from '../identity/api.ts'
import type { BodyProof, RequestHead } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Sessions } from '../sessions/api.ts'
import type { WrongKeys } from './wrong-keys.ts'

/** Who calls, and by what. */
export type Caller = {
  readonly principal: Principal
  /** What a signature says of the body, to be held to before the request is passed on; null where nothing is signed. */
  readonly proof: BodyProof | null
}

/** What an application is told of a caller beside identifiers. */
export type Described = { readonly name: string; readonly email: string | null }

type CallerNeeds = { readonly sessions: Sessions; readonly keys: ApiKeys; readonly wrongKeys: WrongKeys }

/**
 * Finds out who calls an application: a session first, as on Custodia's own routes, then a key, as a bearer token or by a signature.
 *
 * @param authority what clients write for the application's host; a signature must be for it.
 * @returns null where the request carries nothing that Custodia knows.
 * @throws Refusal of apikeys where a key or a signature does not hold; LIMIT_REACHED where too many from there did not.
 */
export async function callerOf(
  head: RequestHead,
  authority: string,
  { sessions, keys, wrongKeys }: CallerNeeds,
): Promise<Caller | null> {
  const person = await sessions.authenticate(head)
  if (person !== null) return { principal: person, proof: null }
  if (!carriesKey(head)) return null
  wrongKeys.check(head.address)
  try {
    const principal = await keys.authenticateAt(authority, head)
    return principal === null ? null : { principal, proof: keys.proof?.(head) ?? null }
  } catch (error) {
    wrongKeys.count(head.address, error)
    throw error
  }
}

/** Whether there is anything that a key could be proven by. */
export function carriesKey({ headers }: RequestHead): boolean {
  return headers['signature-input'] !== undefined || /^bearer /i.test(headers.authorization ?? '')
}

/** `ses_…` or `key_…`: by what the caller is there, and with which what they have open ends. */
export const credentialOf = (principal: Principal): string =>
  principal.kind === 'user' ? principal.sessionId : principal.keyId

/** @returns null where the owner of the session or key is gone. */
export async function describe(
  principal: Principal,
  { identity, access }: { readonly identity: Identity; readonly access: Access },
): Promise<Described | null> {
  if (principal.kind === 'application') return { name: principal.id, email: null }
  if (principal.kind === 'user' || principal.owner.kind === 'user') return await identity.person(principal.id)
  const account = await access.serviceAccount(principal.organisationId, principal.id)
  return account === null ? null : { name: account.name, email: null }
}
