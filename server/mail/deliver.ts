import type { Keyring } from '../keyring/api.ts'
import type { Queries } from '../platform/database/database.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Context } from '../platform/module.ts'
import type { Random } from '../platform/random.ts'
import { event } from './events.ts'
import type { Body } from './message.ts'
import { readBody } from './message.ts'
import type { Parts } from './parts.ts'
import { nowOf, placeOf } from './parts.ts'
import type { Channel, ClaimedRow } from './store.ts'
import { claimDue, giveBack, settle } from './store.ts'
import type { TextProvider } from './texts/provider.ts'
import type { Failure, Transport } from './transport.ts'
import { tryMs } from './transport.ts'

/** Delivers one message, the one named or the one that is due first. @returns false where there was none. Never rejects. */
export type Deliver = (id: string | null, signal: AbortSignal) => Promise<boolean>

type Needs = {
  readonly context: Parts['context']
  readonly keyring: Keyring
  /** Who carries what; null where nobody does (any more). */
  readonly carriers: { readonly mail: Transport | null; readonly text: TextProvider | null }
  readonly outcomes: Parts['outcomes']
}

/** A claim outlives the try by far: two processes whose clocks differ by less never send one message both. */
const claimMs = 4 * tryMs
/** After each try that failed for now; 20 hours in all, and up to 3 more by chance. */
const pausesSeconds = [60, 240, 900, 2_700, 7_200, 18_000, 43_200] as const
export const maxTries = pausesSeconds.length + 1
/** Of texts: a code has ten minutes. The job looks every 15 seconds, so the first ones are no shorter than that. */
const textPausesSeconds = [15, 30, 60, 120, 180, 600, 1_800] as const

export function deliverer(needs: Needs): Deliver {
  const { context, carriers } = needs
  const channels = (['mail', 'text'] as const).filter((channel) => carriers[channel] !== null)
  return async (id, signal) => {
    try {
      const now = nowOf(needs)
      const claimed = await claimDue(context.database.queries, {
        channels,
        id,
        now,
        until: new Date(now.getTime() + claimMs),
      })
      if (claimed === null) return false
      await carry(needs, claimed, signal)
      return true
    } catch (error) {
      // The database is away, or the ledger is: what was claimed is tried again when its claim is over.
      context.log.error({ error }, 'a message could not be delivered')
      return false
    }
  }
}

async function carry(needs: Needs, row: ClaimedRow, signal: AbortSignal): Promise<void> {
  // Each of its tries ended with the process, or it would have been given up before.
  if (row.tries > triesOf(row.channel)) return await fail(needs, row, 'crashed')
  if (isOver(row, nowOf(needs))) return await fail(needs, row, 'expired')
  const body = await open(needs, row)
  if (body === null) return await fail(needs, row, 'erased')
  const failure = await (needs.carriers[row.channel] as Transport).send(
    { id: row.id, at: row.created_at, ...body },
    signal,
  )
  if (failure === null) return await sent(needs, row)
  // Cut off because the server ends: nothing is known of the receiver.
  if (signal.aborted && !failure.permanent) return await giveBack(needs.context.database.queries, row, nowOf(needs))
  needs.context.log.warn({ message: row.id, tries: row.tries, ...failure }, 'a message was not taken')
  if (failure.permanent || row.tries >= triesOf(row.channel)) return await fail(needs, row, failure.code)
  await defer(needs, row, failure)
}

async function open({ keyring }: Needs, row: ClaimedRow): Promise<Body | null> {
  try {
    return readBody(await keyring.open(placeOf(row), row.body_sealed))
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}

async function sent(needs: Needs, row: ClaimedRow): Promise<void> {
  const data = { message: row.id, kind: row.kind, tries: row.tries }
  await conclude(needs, row, 'sent', async (tx) => {
    if (!(await settle(tx, row, { sentAt: nowOf(needs) }))) return false
    await needs.context.recorder.record(tx, event('message.sent', { ...whose(row), data }))
    return true
  })
}

async function fail(needs: Needs, row: ClaimedRow, failure: string): Promise<void> {
  const data = { message: row.id, kind: row.kind, tries: row.tries, failure }
  await conclude(needs, row, 'failed', async (tx) => {
    if (!(await settle(tx, row, { failedAt: nowOf(needs), failure }))) return false
    await needs.context.recorder.record(tx, event('message.failed', { ...whose(row), data }))
    return true
  })
}

async function defer(needs: Needs, row: ClaimedRow, failure: Failure): Promise<void> {
  const nextTryAt = new Date(nowOf(needs).getTime() + pauseMs(row.tries, needs.context.random, row.channel))
  // Nobody waits for a code that arrives after it is void.
  if (isOver(row, nextTryAt)) return await fail(needs, row, failure.code)
  await conclude(needs, row, 'deferred', (tx) => settle(tx, row, { nextTryAt, failure: failure.code }))
}

async function conclude(
  { context, outcomes }: { context: Pick<Context, 'database'>; outcomes: Parts['outcomes'] },
  { channel }: ClaimedRow,
  outcome: string,
  work: (tx: Queries) => Promise<boolean>,
): Promise<void> {
  if (await context.database.transaction(work)) outcomes.add(1, { channel, outcome })
}

const whose = (row: ClaimedRow) => ({
  organisationId: row.organisation_id,
  subjectId: row.subject_id,
  actor: { kind: 'system' } as const,
})

const pausesOf = { mail: pausesSeconds, text: textPausesSeconds } as const
const triesOf = (channel: Channel): number => pausesOf[channel].length + 1
const isOver = (row: ClaimedRow, at: Date): boolean => row.expires_at !== null && row.expires_at <= at

/** How long to wait after the try with this number, from 1 on: up to 15 % more by chance, so that many do not come back at once. */
export function pauseMs(tries: number, random: Random, channel: Channel = 'mail'): number {
  const chance = random.bytes(2).readUInt16BE() / 65_536
  return Math.round((pausesOf[channel][tries - 1] as number) * 1_000 * (1 + 0.15 * chance))
}
