import type { NewKey, RotateKey } from '@custodia/wire/http/keys.ts'
import type { Queries } from '../platform/database/database.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import type { Issued } from './issue.ts'
import { issue } from './issue.ts'
import { checkKnown, daysFor } from './issue-own.ts'
import type { Parts } from './parts.ts'
import { rotate } from './rotate.ts'

/**
 * Makes a key for a service account of one's own organisation. Whoever makes it has it in their hands: so nobody makes one for an account
 * that may do more than they.
 *
 * @throws Refusal APIKEY_OWNER_UNKNOWN, APIKEY_OWNER_ABOVE_YOU, APIKEY_SCOPE_UNKNOWN, APIKEY_EXPIRY_TOO_LATE, and what `issue` refuses.
 */
export async function issueForAccount(parts: Parts, by: Principal, id: string, wanted: NewKey): Promise<Issued> {
  const allowed = notAbove(parts, by, id)
  return await issue(parts, { ...(await checked(parts, by.organisationId, id, wanted)), by: actorOf(by), allowed })
}

/** The same for the operator, who holds more than any key of theirs. @throws Refusal as it, but APIKEY_OWNER_ABOVE_YOU */
export async function issueForAccountAsOperator(
  parts: Parts,
  organisationId: string,
  id: string,
  wanted: NewKey,
): Promise<Issued> {
  return await issue(parts, { ...(await checked(parts, organisationId, id, wanted)), by: { kind: 'system' } })
}

async function checked(parts: Parts, organisationId: string, id: string, wanted: NewKey) {
  if ((await parts.access.serviceAccount(organisationId, id)) === null) throw refuse('APIKEY_OWNER_UNKNOWN')
  checkKnown(parts, wanted.scopes)
  const owner = { kind: 'service', id } as const
  return { ...wanted, organisationId, owner, roles: [], days: daysFor(parts, wanted.days) }
}

/** Who rotates a key has its new secret. @throws Refusal APIKEY_OWNER_ABOVE_YOU, and what `rotate` refuses. */
export async function rotateForAccount(
  parts: Parts,
  by: Principal,
  { accountId, keyId }: { readonly accountId: string; readonly keyId: string },
  asked: RotateKey,
): Promise<Issued> {
  const owner = { kind: 'service', id: accountId } as const
  const which = { organisationId: by.organisationId, owner, id: keyId }
  return await rotate(parts, which, asked, actorOf(by), notAbove(parts, by, accountId))
}

/** Compared as committed, while nobody changes who may what. */
const notAbove =
  ({ access }: Parts, by: Principal, accountId: string) =>
  async (tx: Queries): Promise<void> => {
    await access.lock(tx, by.organisationId)
    const permission = await access.exceeds(tx, by, accountId)
    if (permission !== null) throw refuse('APIKEY_OWNER_ABOVE_YOU', { permission })
  }
