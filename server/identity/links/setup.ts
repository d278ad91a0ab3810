import type { Setup } from '@custodia/wire/http/identity.ts'
import { newId } from '../../platform/random.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { completeSignIn } from '../complete-sign-in.ts'
import { createPerson, normalised } from '../create-person.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { administrator, nowOf } from '../parts.ts'
import { requireFit } from '../passwords/require-fit.ts'
import { enough } from '../policy/decide.ts'
import { insertOrganisation, isSetUp, lockSetup } from '../store.ts'
import { findLink } from './find-link.ts'
import { deleteUnusedLinks, useLink } from './link-store.ts'
import { makeLink } from './one-time-link.ts'

/** See `Identity.createSetupLink`. */
export async function createSetupLink(parts: Parts): Promise<{ link: string; expiresAt: Date } | null> {
  return await parts.context.database.transaction(async (tx) => {
    await lockSetup(tx)
    if (await isSetUp(tx)) return null
    await deleteUnusedLinks(tx, { purpose: 'setup' })
    const nobody = { personId: null, organisationId: null, actor: { kind: 'system' } } as const
    return await makeLink(parts, tx, { purpose: 'setup', ...nobody })
  })
}

/**
 * Makes the organisation and its first administrator, and signs them in. Once in the life of an installation.
 *
 * @throws Refusal IDENTITY_LINK_INVALID where an organisation exists, too; IDENTITY_PASSWORD_UNFIT, IDENTITY_EMAIL_INVALID.
 */
export async function setup(parts: Parts, body: Setup, entrance: Entrance): Promise<Progressed> {
  const { database, recorder, random } = parts.context
  const { link } = await findLink(parts, body.token, ['setup'])
  const { email, name, organisation } = body
  normalised(email)
  await requireFit(parts, 'body.password', body.password, { email, organisation, organisationId: null })
  const password = await parts.hasher.hash(body.password)

  return await database.transaction(async (tx) => {
    await lockSetup(tx)
    if ((await isSetUp(tx)) || !(await useLink(tx, link.token_hash, 'setup', nowOf(parts))))
      throw refuse('IDENTITY_LINK_INVALID')
    const organisationId = newId('org', random)
    await insertOrganisation(tx, { id: organisationId, name: organisation, created_at: nowOf(parts) })
    const system = { kind: 'system' } as const
    await recorder.record(
      tx,
      event('organisation.created', { organisationId, actor: system, data: { name: organisation } }),
    )
    const first = { organisationId, email, name, password, roles: [administrator], by: null, actor: system }
    const person = await createPerson(parts, tx, first)
    await recorder.record(
      tx,
      event('user.activated', { organisationId, actor: system, subjectId: person.id, data: { user: person.id } }),
    )
    const proven = { factors: ['password'], decision: enough, attempt: null, raised: false } as const
    return await completeSignIn(parts, tx, person, proven, entrance)
  })
}
