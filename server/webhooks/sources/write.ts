import { isSecretOf } from '@custodia/edge/webhooks/verify-webhook.ts'
import type { NewSource, RotateSource, Source, SourceChange } from '@custodia/wire/http/webhooks.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf, placeOf } from '../parts.ts'
import { showSource } from './show.ts'
import type { SourceRow } from './store.ts'
import { changeSource, countSources, deleteSource, findSource, insertSource } from './store.ts'

const most = 50
const usualToleranceSeconds = 300
const usualOverlapSeconds = 86_400

/** @throws Refusal WEBHOOKS_TARGET_REFUSED where the operator did not say that this application takes webhooks there. */
function checkTarget({ forwarder }: Parts, application: string, path: string): void {
  if (forwarder?.applications.get(application)?.includes(path) !== true)
    throw refuse('WEBHOOKS_TARGET_REFUSED', { field: 'body.application' })
}

function checkSecret(sender: SourceRow['sender'], secret: string): void {
  if (!isSecretOf(sender, secret)) throw refuse('WEBHOOKS_SENDER_SECRET', { field: 'body.secret' })
}

/** @throws Refusal WEBHOOKS_SOURCE_UNKNOWN, of another organisation's, too. */
async function known({ context }: Parts, organisationId: string, id: string): Promise<SourceRow> {
  const row = await findSource(context.database.queries, id)
  if (row === null || row.organisation_id !== organisationId) throw refuse('WEBHOOKS_SOURCE_UNKNOWN')
  return row
}

const dataOf = ({ id: source, sender, application }: Pick<SourceRow, 'id' | 'sender' | 'application'>) => ({
  source,
  sender,
  application,
})

/** @throws Refusal WEBHOOKS_TARGET_REFUSED, WEBHOOKS_SENDER_SECRET, WEBHOOKS_TOO_MANY */
export async function createSource(parts: Parts, principal: Principal, wanted: NewSource): Promise<Source> {
  const { context, keyring } = parts
  const { organisationId } = principal
  checkTarget(parts, wanted.application, wanted.path)
  checkSecret(wanted.sender, wanted.secret)
  const whose = { id: newId('whs', context.random), organisation_id: organisationId }
  const row: SourceRow = {
    ...whose,
    name: wanted.name,
    sender: wanted.sender,
    application: wanted.application,
    path: wanted.path,
    secret_sealed: await keyring.seal(placeOf('source', whose, 'secret'), wanted.secret),
    previous_sealed: null,
    previous_until: null,
    rotation: 0,
    tolerance_seconds: wanted.toleranceSeconds ?? usualToleranceSeconds,
    created_at: nowOf(parts),
    created_by: principal.id,
    last_accepted_at: null,
  }
  await context.database.transaction(async (tx) => {
    if ((await countSources(tx, organisationId)) >= most) throw refuse('WEBHOOKS_TOO_MANY', { most })
    await insertSource(tx, row)
    const said = { organisationId, actor: actorOf(principal), data: dataOf(row) }
    await context.recorder.record(tx, event('source.created', said))
  })
  return showSource(parts, row)
}

/** @throws Refusal WEBHOOKS_SOURCE_UNKNOWN, WEBHOOKS_TARGET_REFUSED, WEBHOOKS_CHANGED_MEANWHILE */
export async function changeSourceOf(
  parts: Parts,
  principal: Principal,
  id: string,
  wanted: SourceChange,
): Promise<Source> {
  const row = await known(parts, principal.organisationId, id)
  const next = {
    name: wanted.name ?? row.name,
    application: wanted.application ?? row.application,
    path: wanted.path ?? row.path,
    tolerance_seconds: wanted.toleranceSeconds ?? row.tolerance_seconds,
  }
  checkTarget(parts, next.application, next.path)
  await parts.context.database.transaction(async (tx) => {
    if (!(await changeSource(tx, row, next))) throw refuse('WEBHOOKS_CHANGED_MEANWHILE')
    const said = { organisationId: row.organisation_id, actor: actorOf(principal), data: dataOf({ ...row, ...next }) }
    await parts.context.recorder.record(tx, event('source.changed', said))
  })
  return showSource(parts, { ...row, ...next })
}

/**
 * Another secret of the sender's, which holds beside the one before until the overlap is over: they sign with the new one some time after it
 * was written down here.
 *
 * @throws Refusal WEBHOOKS_SOURCE_UNKNOWN, WEBHOOKS_SENDER_SECRET, WEBHOOKS_CHANGED_MEANWHILE
 */
export async function rotateSource(
  parts: Parts,
  principal: Principal,
  id: string,
  { secret, overlapSeconds = usualOverlapSeconds }: RotateSource,
): Promise<Source> {
  const row = await known(parts, principal.organisationId, id)
  checkSecret(row.sender, secret)
  const until = new Date(nowOf(parts).getTime() + overlapSeconds * 1_000)
  const next = {
    secret_sealed: await parts.keyring.seal(placeOf('source', row, 'secret'), secret),
    previous_sealed: overlapSeconds === 0 ? null : row.secret_sealed,
    previous_until: overlapSeconds === 0 ? null : until,
  }
  await parts.context.database.transaction(async (tx) => {
    if (!(await changeSource(tx, row, next))) throw refuse('WEBHOOKS_CHANGED_MEANWHILE')
    const data = { source: id, overlapUntil: until.toISOString() }
    const said = { organisationId: row.organisation_id, actor: actorOf(principal), data }
    await parts.context.recorder.record(tx, event('source.rotated', said))
  })
  return showSource(parts, { ...row, ...next })
}

/** @throws Refusal WEBHOOKS_SOURCE_UNKNOWN */
export async function removeSource({ context }: Parts, principal: Principal, id: string): Promise<void> {
  const { organisationId } = principal
  await context.database.transaction(async (tx) => {
    const gone = await deleteSource(tx, organisationId, id)
    if (gone === null) throw refuse('WEBHOOKS_SOURCE_UNKNOWN')
    const said = { organisationId, actor: actorOf(principal), data: dataOf(gone) }
    await context.recorder.record(tx, event('source.removed', said))
  })
}
