import type { RequestHead } from '../../platform/http/ports.ts'
import { normaliseAddress } from '../email-address.ts'
import { event } from '../events.ts'
import { deleteUnusedLinks } from '../links/link-store.ts'
import { makeLink } from '../links/one-time-link.ts'
import { mailTo } from '../notices/notify.ts'
import { recoveryText } from '../notices/texts.ts'
import type { Parts } from '../parts.ts'
import { emailIndex } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson, readByEmail, readPerson } from '../store.ts'
import { changing } from './changing.ts'

/** Whoever asks for more within an hour gets nothing, and hears nothing of it: the mails before are enough. */
const mostAnHour = 5

const anonymous = { kind: 'anonymous' } as const

type Asked = { readonly index: Buffer; readonly account: string; readonly address: string }

/**
 * Begins a recovery by mail. What the caller sees and waits for is the same for every address: whether anybody has it is looked
 * up later, after the answer was sent. Disabled, invited and unknown people get nothing.
 *
 * @throws Refusal IDENTITY_TOO_MANY_TRIES, by account and network and by network, apart from tries at passwords.
 */
export async function askRecovery(parts: Parts, email: string, { address }: RequestHead): Promise<void> {
  const index = await emailIndex(parts, normaliseAddress(email) ?? email)
  const account = index.toString('base64url', 0, 16)
  await parts.guesses.spend(`recovery:${account}`, address)
  parts.later.soon(() => begin(parts, { index, account, address }))
}

async function begin(parts: Parts, asked: Asked): Promise<void> {
  const { cache, database } = parts.context
  const person = await readByEmail(database.queries, asked.index)
  const { allowed } = await cache.spend(`identity.recoveries:${asked.account}`, mostAnHour, 3_600)
  const reason = reasonAgainst(parts, person, allowed)
  if (person === null || reason !== null) noteRefusal(parts, asked, person, reason ?? 'unknown')
  else await sendRecoveryLink(parts, person, asked.address)
}

function reasonAgainst({ mail }: Parts, person: PersonRow | null, allowed: boolean): string | null {
  if (person === null) return 'unknown'
  if (person.state !== 'active') return person.state
  if (!allowed) return 'throttled'
  return mail.deliverable ? null : 'no-mail'
}

/** Mails a link that sets a new password; the one before stops working. */
export async function sendRecoveryLink(parts: Parts, { id }: PersonRow, address: string): Promise<void> {
  const { recorder } = parts.context
  await changing(parts, async (tx) => {
    // One at a time: of two at once each would leave the other's link.
    await lockPerson(tx, id)
    const person = await readPerson(tx, id)
    if (person?.state !== 'active') return
    await deleteUnusedLinks(tx, { personId: id, purposes: ['recovery'] })
    const { organisation_id: organisationId } = person
    const link = { purpose: 'recovery', personId: id, organisationId, actor: anonymous } as const
    await mailTo(parts, tx, person, 'recovery', async (frame) => recoveryText(await makeLink(parts, tx, link), frame))
    const about = { organisationId, actor: anonymous, subjectId: id }
    await recorder.record(tx, event('recovery.asked', { ...about, data: {}, personal: { address } }))
  })
}

function noteRefusal(parts: Parts, { account, address }: Asked, person: PersonRow | null, reason: string): void {
  parts.context.recorder.note(
    event('recovery.refused', {
      organisationId: person?.organisation_id ?? null,
      actor: anonymous,
      subjectId: person?.id ?? null,
      data: { account, reason },
      personal: { address },
    }),
  )
}
