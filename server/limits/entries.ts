import { covers } from '@custodia/edge/limits/lists.ts'
import type { LimitEntry, LimitScope, NewLimitEntry } from '@custodia/wire/http/limits.ts'
import { addressRange } from '../platform/config/addresses.ts'
import { actorFor, boundBy } from '../platform/http/operator.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { newId } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { By, Parts } from './parts.ts'
import { announce, nowOf, scopeFor, scopeName } from './parts.ts'
import { showEntry } from './show.ts'
import type { EntryRow } from './store.ts'
import { countEntries, deleteEntry, insertEntry, lock } from './store.ts'

const most = 500

/**
 * Lets somebody in without a limit, or not at all, for a while.
 *
 * @param head null where it comes from the shell.
 * @throws Refusal LIMITS_NETWORK_INVALID, LIMITS_LOCKS_YOU_OUT, LIMITS_TOO_MANY; ACCESS_DENIED for the installation's.
 */
export async function addEntry(
  parts: Parts,
  by: By,
  head: Pick<RequestHead, 'address'> | null,
  wanted: NewLimitEntry,
): Promise<LimitEntry> {
  const organisationId = await scopeFor(parts, by, wanted.scope)
  const { context } = parts
  const now = nowOf(parts)
  const row: EntryRow = {
    id: newId('lim', context.random),
    organisation_id: organisationId,
    list: wanted.list,
    ...whom(wanted),
    reason: wanted.reason,
    until: new Date(now.getTime() + wanted.seconds * 1000),
    created_at: now,
    created_by: boundBy(by)?.id ?? null,
  }
  if (row.list === 'deny' && isOwn(row, by, head)) throw refuse('LIMITS_LOCKS_YOU_OUT')
  await context.database.transaction(async (tx) => {
    await lock(tx, organisationId)
    if ((await countEntries(tx, organisationId, now)) >= most) throw refuse('LIMITS_TOO_MANY', { most })
    await insertEntry(tx, row)
    const data = { entry: row.id, scope: scopeName(organisationId), list: row.list, until: row.until.toISOString() }
    const { network, account, reason } = row
    const said = { organisationId, actor: actorFor(by), data, personal: { network, account, reason } }
    await context.recorder.record(tx, event('entry.added', said))
    announce(parts, tx)
  })
  return showEntry(row)
}

const isOwn = ({ account, network }: EntryRow, by: By, head: Pick<RequestHead, 'address'> | null): boolean =>
  (account !== null && account === boundBy(by)?.id) ||
  (network !== null && head !== null && covers(network, head.address))

/** @throws Refusal LIMITS_ENTRY_UNKNOWN; ACCESS_DENIED for the installation's. */
export async function removeEntry(parts: Parts, by: By, id: string, wanted: LimitScope | undefined): Promise<void> {
  const organisationId = await scopeFor(parts, by, wanted)
  await parts.context.database.transaction(async (tx) => {
    const gone = await deleteEntry(tx, organisationId, id)
    if (gone === null) throw refuse('LIMITS_ENTRY_UNKNOWN')
    const data = { entry: id, scope: scopeName(organisationId), list: gone.list }
    await parts.context.recorder.record(tx, event('entry.removed', { organisationId, actor: actorFor(by), data }))
    announce(parts, tx)
  })
}

function whom({
  network,
  account,
}: NewLimitEntry): { network: string; account: null } | { network: null; account: string } {
  if (account !== undefined && network === undefined) return { network: null, account }
  if (network === undefined || account !== undefined)
    throw refuse('LIMITS_NETWORK_INVALID', { field: 'body', detail: 'name a network or an account' })
  try {
    const text = addressRange(network).toLowerCase()
    const length = text.split('/')[1]
    // Of IPv6 only what is written as such: a mapped address would read as something else than it is.
    if (text.includes(':') && text.includes('.')) throw new Error('IPv4 is written as such')
    if (length !== undefined && Number(length) < (text.includes(':') ? 16 : 8)) throw new Error('it is too wide')
    return { network: text, account: null }
  } catch (error) {
    throw refuse('LIMITS_NETWORK_INVALID', { field: 'body.network', detail: (error as Error).message })
  }
}
