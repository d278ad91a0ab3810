import type { Queries } from '../../platform/database/database.ts'
import { isRefusal } from '../../platform/errors.ts'
import { phonesOf } from '../factors/phone.ts'
import { makeLink } from '../links/one-time-link.ts'
import type { Parts } from '../parts.ts'
import { nowOf, place } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { readOrganisationName } from '../store.ts'
import { textTo } from './text-to.ts'
import type { Frame, NoticeFacts, NoticeKind, Text } from './texts.ts'
import { mailOnly, noticeLine, noticeText } from './texts.ts'

const system = { kind: 'system' } as const

/**
 * Tells a person what happened to their account: by mail, with a link by which they say 'this was not me', and in a line to every phone that
 * they have confirmed. Queued in the caller's transaction: who is told of a change, and the change, are one. Where mail is off no link is made.
 */
export async function notify(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  kind: NoticeKind,
  facts: NoticeFacts,
): Promise<void> {
  await tellPhones(parts, tx, person, kind, facts)
  if (!parts.mail.deliverable) return
  const { id: personId, organisation_id: organisationId } = person
  await mailTo(parts, tx, person, kind, async (frame) => {
    const notMe = await makeLink(parts, tx, { purpose: 'not-me', personId, organisationId, actor: system })
    return noticeText(kind, facts, notMe, frame)
  })
}

/** Whoever holds somebody's mailbox and changes their account deletes the mail about it. They rarely hold the phone, too. */
async function tellPhones(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  kind: NoticeKind,
  facts: NoticeFacts,
): Promise<void> {
  if (!parts.mail.textDeliverable || mailOnly.has(kind)) return
  const phones = (await phonesOf(parts, tx, person)).filter(({ id }) => id !== facts.newPhone)
  await textTo(parts, tx, person, { kind, phones, write: (frame) => noticeLine(kind, facts, frame) })
}

/**
 * Queues one mail to a person. What its text holds, links too, is made only for somebody who can be written to.
 *
 * @param kind as `Mail.send` wants it.
 */
export async function mailTo(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  kind: string,
  write: (frame: Frame) => Promise<Text>,
): Promise<void> {
  const { id: subjectId, organisation_id: organisationId } = person
  const to = await addressOf(parts, person)
  if (to === null) return
  const text = await write({ organisation: await readOrganisationName(tx, organisationId), at: nowOf(parts) })
  await parts.mail.send(tx, { organisationId, subjectId, to, kind, ...text })
}

/** @returns null for somebody whose data was erased. */
async function addressOf({ keyring }: Parts, { id, organisation_id, email_sealed }: PersonRow): Promise<string | null> {
  try {
    return (await keyring.open(place({ organisationId: organisation_id, id }, 'email'), email_sealed)).toString()
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
