import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Queries } from '../../platform/database/database.ts'
import type { Random } from '../../platform/random.ts'
import { newId } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson } from '../store.ts'
import type { Flow } from './factor.ts'
import type { SentFactor } from './sent-code-store.ts'
import { readSendings, replaceSentCode, trySentCode, useSentCode } from './sent-code-store.ts'

const liveMs = 600_000
const mostTries = 5
const mostPerHour = 5
const hourMs = 3_600_000

/** A sign-in, a session, or the phone that is to be enrolled. */
type Bound = {
  readonly person: PersonRow
  readonly flow: { readonly kind: Flow['kind'] | 'enrolment'; readonly id: string }
}

/**
 * Makes a code for one flow, in the transaction that sends it; an earlier one of the same flow is void.
 *
 * @param tx the very object that `Database.transaction` handed out.
 * @returns eight digits, and until when they work: ten minutes.
 * @throws Refusal IDENTITY_TOO_MANY_TRIES where five went to this person within the hour.
 */
export async function newSentCode(
  parts: Parts,
  tx: Queries,
  factor: SentFactor,
  { person, flow }: Bound,
): Promise<{ code: string; expiresAt: Date }> {
  const { random, recorder } = parts.context
  const now = nowOf(parts)
  // One at a time: two that are sent at once would each see room for one.
  await lockPerson(tx, person.id)
  const since = new Date(now.getTime() - hourMs)
  const sent = await readSendings(tx, { personId: person.id, factor }, since, mostPerHour)
  const oldest = sent.at(-1)
  if (sent.length === mostPerHour && oldest !== undefined)
    throw refuse('IDENTITY_TOO_MANY_TRIES', {
      retryAfterSeconds: Math.max(1, Math.ceil((oldest.getTime() - since.getTime()) / 1_000)),
    })
  const id = newId('cod', random)
  const code = eightDigits(random)
  const expiresAt = new Date(now.getTime() + liveMs)
  await replaceSentCode(tx, {
    id,
    person_id: person.id,
    factor,
    flow_id: flow.id,
    code_hash: hashSentCode(parts, id, flow.id, code),
    created_at: now,
    expires_at: expiresAt,
  })
  const about = { organisationId: person.organisation_id, actor: { kind: 'anonymous' } as const, subjectId: person.id }
  await recorder.record(tx, event('code.sent', { ...about, data: { factor, for: flow.kind } }))
  return { code, expiresAt }
}

/** Whether this is the flow's code. The try is counted in a statement of its own first; the code is used up in another. */
export async function proveSentCode(
  parts: Parts,
  factor: SentFactor,
  { person, flow }: Bound,
  code: string,
): Promise<boolean> {
  const { queries } = parts.context.database
  const now = nowOf(parts)
  const live = await trySentCode(queries, { personId: person.id, factor, flowId: flow.id }, mostTries, now)
  if (live === null) return false
  const given = hashSentCode(parts, live.id, flow.id, code.replaceAll(/[ -]/g, ''))
  return timingSafeEqual(given, live.code_hash) && (await useSentCode(queries, live.id, now))
}

const hashSentCode = ({ sentCodeKey }: Parts, id: string, flowId: string, code: string): Buffer =>
  createHmac('sha256', sentCodeKey).update(`${id}:${flowId}:${code}`).digest()

const range = 100_000_000
/** The largest multiple of the range that four bytes hold: beyond it the low numbers would come up more often. */
const fair = Math.floor(2 ** 32 / range) * range

function eightDigits(random: Random): string {
  for (;;) {
    const number = random.bytes(4).readUInt32BE()
    if (number < fair) return String(number % range).padStart(8, '0')
  }
}
