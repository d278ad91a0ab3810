import { refuse } from '../errors.ts'
import { administrator } from '../roles.ts'
import { readPermanentHolders } from './assignment-store.ts'
import type { Change } from './change.ts'
import { readGroup } from './group-store.ts'
import type { Parts } from './parts.ts'
import { readServiceAccount } from './service-account-store.ts'

const pageSize = 200

/**
 * Who is given something is somebody: a person, a group or a service account of this organisation, or an application by its name. Whoever
 * belongs to another organisation is nobody here.
 *
 * @throws Refusal ACCESS_SUBJECT_UNKNOWN
 */
export async function requireSubject(parts: Parts, { tx, organisationId }: Change, id: string): Promise<void> {
  if (!(await isKnown(parts, tx, organisationId, id))) throw refuse('ACCESS_SUBJECT_UNKNOWN', { subject: id })
}

async function isKnown(parts: Parts, tx: Change['tx'], organisationId: string, id: string): Promise<boolean> {
  if (id.startsWith('grp_')) return (await readGroup(tx, organisationId, id)) !== null
  if (id.startsWith('svc_')) return (await readServiceAccount(tx, organisationId, id)) !== null
  if (!id.startsWith('usr_')) return true
  const directory = parts.directory()
  return directory === null || (await directory.states(tx, organisationId, [id])).has(id)
}

/**
 * Somebody else stays who administers the organisation: assigned by themselves, for good, and able to sign in.
 *
 * @throws Refusal ACCESS_LAST_ADMINISTRATOR
 */
export async function requireAnotherAdministrator(
  parts: Parts,
  { tx, organisationId }: Pick<Change, 'tx' | 'organisationId'>,
  subjectId: string,
): Promise<void> {
  const directory = parts.directory()
  for (let after = ''; ; ) {
    const page = await readPermanentHolders(tx, organisationId, administrator, { after, limit: pageSize })
    const others = page.filter((id) => id !== subjectId)
    const states = others.length === 0 ? null : await directory?.states(tx, organisationId, others)
    if (others.some((id) => directory === null || states?.get(id) === 'active')) return
    if (page.length < pageSize) throw refuse('ACCESS_LAST_ADMINISTRATOR')
    after = page.at(-1) as string
  }
}

/** @throws Refusal ACCESS_EXPIRY_PAST */
export function expiryOf(expiresAt: string | null | undefined, now: Date): Date | null {
  if (expiresAt === null || expiresAt === undefined) return null
  const until = new Date(expiresAt)
  if (!(until > now)) throw refuse('ACCESS_EXPIRY_PAST')
  return until
}

/** Where something personal about a subject is sealed in the ledger: a person's goes with the person, the rest is the organisation's. */
export const sealedFor = (subjectId: string): string | null => (subjectId.startsWith('usr_') ? subjectId : null)
