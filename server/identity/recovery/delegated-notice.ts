import type { Queries } from '../../platform/database/database.ts'
import { makeLink } from '../links/one-time-link.ts'
import { notify } from '../notices/notify.ts'
import type { NoticeFacts, NoticeKind } from '../notices/texts.ts'
import type { Parts } from '../parts.ts'
import type { PersonRow } from '../store.ts'

/** A link that cancels what is under way, for this person. */
export async function makeCancelLink(parts: Parts, tx: Queries, person: PersonRow): Promise<string> {
  const { id: personId, organisation_id: organisationId } = person
  const actor = { kind: 'system' } as const
  return (await makeLink(parts, tx, { purpose: 'recovery-cancel', personId, organisationId, actor })).link
}

/** Tells a person of a step of a delegated recovery, with a link that cancels it. */
export async function noticeWithCancel(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  kind: NoticeKind,
  facts: NoticeFacts,
): Promise<void> {
  await notify(parts, tx, person, kind, { ...facts, cancelLink: await makeCancelLink(parts, tx, person) })
}
