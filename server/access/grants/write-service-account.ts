import type { ServiceAccountChange, ServiceAccountCreate } from '@custodia/wire/http/access.ts'
import { newId } from '../../platform/random.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { removeAssignmentsOf } from './assignment-store.ts'
import type { Change } from './change.ts'
import { changing, requireCovered, requireGift, requireRights, settle } from './change.ts'
import { removeMembershipsOf } from './group-store.ts'
import type { Parts } from './parts.ts'
import type { ServiceAccountRow } from './service-account-store.ts'
import {
  countServiceAccounts,
  insertServiceAccount,
  readServiceAccount,
  readServiceAccountByName,
  removeServiceAccount,
  updateServiceAccount,
} from './service-account-store.ts'
import { readRights, rightsOfHad, standingOf } from './standing.ts'
import { readHad } from './standing-store.ts'

const maxServiceAccounts = 5_000

/** Makes a service account, which may do nothing yet. @throws Refusal ACCESS_NAME_TAKEN, ACCESS_TOO_MANY */
export async function createServiceAccount(
  parts: Parts,
  by: Author,
  { name, description = '' }: ServiceAccountCreate,
): Promise<ServiceAccountRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    if ((await countServiceAccounts(tx, organisationId)) >= maxServiceAccounts)
      throw refuse('ACCESS_TOO_MANY', { what: 'service accounts', max: maxServiceAccounts })
    await requireFree(change, name, null)
    const id = newId('svc', parts.context.random)
    const row = { id, organisation_id: organisationId, name, description, created_at: now, disabled_at: null }
    await insertServiceAccount(tx, row)
    const data = { account: id, name }
    await parts.context.recorder.record(tx, event('service-account.created', { organisationId, actor, data }))
    await settle(parts, change, [id], { raised: false })
    return row
  })
}

/**
 * Renames, describes, disables or enables a service account. Disabled it has no role and is in no group; enabling gives back all that it had.
 *
 * @throws Refusal ACCESS_SERVICE_ACCOUNT_UNKNOWN, ACCESS_NAME_TAKEN; ACCESS_NOT_YOURS_TO_GIVE, ACCESS_EXPIRY_TOO_LATE where it would be
 * turned on or off by somebody who may do less.
 */
export async function changeServiceAccount(
  parts: Parts,
  by: Author,
  id: string,
  { name, description, disabled }: ServiceAccountChange,
): Promise<ServiceAccountRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor, table } = change
    const before = await requireAccount(change, id)
    if (name !== undefined) await requireFree(change, name, id)
    const turned = disabled !== undefined && disabled !== (before.disabled_at !== null)
    if (turned) {
      const had = await readHad(tx, organisationId, id, { now, evenDisabled: true })
      const rights = rightsOfHad(had, table)
      if (disabled) requireRights(change, rights.keys(), now)
      else {
        requireCovered(change, rights)
        await requireGift(parts, change, standingOf(had, table))
      }
    }
    const row = {
      ...before,
      name: name ?? before.name,
      description: description ?? before.description,
      disabled_at: !turned ? before.disabled_at : disabled ? now : null,
    }
    await updateServiceAccount(tx, row)
    const data = { account: id, name: row.name, disabled: row.disabled_at !== null }
    await parts.context.recorder.record(tx, event('service-account.changed', { organisationId, actor, data }))
    await settle(parts, change, [id], { raised: turned && disabled === false })
    return row
  })
}

/** Takes a service account with all that it has. @throws Refusal ACCESS_SERVICE_ACCOUNT_UNKNOWN, ACCESS_NOT_YOURS_TO_GIVE */
export async function deleteServiceAccount(parts: Parts, by: Author, id: string): Promise<void> {
  await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    await requireAccount(change, id)
    requireRights(change, (await rightsOf(change, id)).keys(), now)
    const roles = await removeAssignmentsOf(tx, organisationId, id)
    const groups = await removeMembershipsOf(tx, organisationId, id)
    await removeServiceAccount(tx, organisationId, id)
    const data = { account: id, roles: roles.slice(0, 100), groups: groups.slice(0, 100) }
    await parts.context.recorder.record(tx, event('service-account.deleted', { organisationId, actor, data }))
    await settle(parts, change, [id], { raised: false })
  })
}

async function requireAccount({ tx, organisationId }: Change, id: string): Promise<ServiceAccountRow> {
  const row = await readServiceAccount(tx, organisationId, id)
  if (row === null) throw refuse('ACCESS_SERVICE_ACCOUNT_UNKNOWN')
  return row
}

async function requireFree({ tx, organisationId }: Change, name: string, id: string | null): Promise<void> {
  const other = await readServiceAccountByName(tx, organisationId, name)
  if (other !== null && other.id !== id) throw refuse('ACCESS_NAME_TAKEN')
}

/** What it has, or would have if it were not disabled. */
const rightsOf = async ({ tx, organisationId, now, table }: Change, subjectId: string) =>
  await readRights(tx, { organisationId, subjectId, now, table, evenDisabled: true })
