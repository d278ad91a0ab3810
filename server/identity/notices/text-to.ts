import type { Queries } from '../../platform/database/database.ts'
import type { Phone } from '../factors/phone.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { readOrganisationName } from '../store.ts'
import type { Frame } from './texts.ts'

/** News that is older than this is read in the mail. */
const noticeMs = 3_600_000
const mostOfName = 40

type Texting = {
  /** As `Mail.sendText` wants it. */
  readonly kind: string
  readonly phones: readonly Phone[]
  readonly write: (frame: Frame) => string
  /** Default: in an hour. */
  readonly expiresAt?: Date
  /** The network address that asked for it; nobody did for a notice. */
  readonly askedFrom?: string
}

/** Queues one text message to each phone of a person, in the caller's transaction. */
export async function textTo(parts: Parts, tx: Queries, person: PersonRow, texting: Texting): Promise<void> {
  const { id: subjectId, organisation_id: organisationId } = person
  const { kind, phones, write, askedFrom = null } = texting
  if (phones.length === 0 || !parts.mail.textDeliverable) return
  const at = nowOf(parts)
  // A text has little room, and a long name would push the news out of it.
  const organisation = [...(await readOrganisationName(tx, organisationId))].slice(0, mostOfName).join('')
  const text = write({ organisation, at })
  const expiresAt = texting.expiresAt ?? new Date(at.getTime() + noticeMs)
  for (const { number: to } of phones)
    await parts.mail.sendText(tx, { organisationId, subjectId, to, kind, text, expiresAt, askedFrom })
}
