import type { RecoveriesUnderWay } from '@custodia/wire/http/recovery.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { openPerson } from '../show-user.ts'
import type { PersonRow } from '../store.ts'
import { showDelegated } from './show.ts'
import { readByIds, readUnderWay } from './store.ts'

const most = 100

/** The recoveries that are under way in an organisation, with the names of everybody in them: a second administrator has to find them. */
export async function listDelegated(parts: Parts, organisationId: string): Promise<RecoveriesUnderWay> {
  const { queries } = parts.context.database
  const rows = await readUnderWay(queries, organisationId, nowOf(parts), most)
  const ids = rows.flatMap((row) => [
    row.person_id,
    row.asked_by,
    ...(row.approved_by === null ? [] : [row.approved_by]),
  ])
  const people = await readByIds(queries, organisationId, [...new Set(ids)])
  const names = new Map(await Promise.all(people.map(async (row) => [row.id, await nameOf(parts, row)] as const)))
  return {
    items: rows.map((row) => ({
      ...showDelegated(row),
      userName: names.get(row.person_id) ?? null,
      askedByName: names.get(row.asked_by) ?? null,
      approvedByName: row.approved_by === null ? null : (names.get(row.approved_by) ?? null),
    })),
  }
}

/** Null for somebody who is about to be erased. */
async function nameOf(parts: Parts, row: PersonRow): Promise<string | null> {
  try {
    return (await openPerson(parts, row)).name
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
