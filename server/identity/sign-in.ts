import type { SignIn } from '@custodia/wire/http/identity.ts'
import { isRefusal } from '../platform/errors.ts'
import { requireWork } from './challenge/require-work.ts'
import type { Entrance, Progressed } from './complete-sign-in.ts'
import { assessedEvent, completeSignIn } from './complete-sign-in.ts'
import { normaliseAddress } from './email-address.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { emailIndex } from './parts.ts'
import { judge } from './policy/judge.ts'
import type { Claim } from './queue.ts'
import { assess } from './risk/assess.ts'
import type { Devices } from './risk/device.ts'
import { devicesOf, knowsDevice } from './risk/device.ts'
import type { PersonRow } from './store.ts'
import { holdVerified, readByEmail } from './store.ts'

/**
 * Signs in by address and password. Whoever is unknown, disabled, only invited or wrong gets the same answer after the same
 * work; which of them it was stands in the ledger alone.
 *
 * @throws Refusal IDENTITY_CREDENTIALS_WRONG, IDENTITY_TOO_MANY_TRIES, IDENTITY_PROOF_OF_WORK, IDENTITY_BUSY.
 */
export async function signIn(parts: Parts, asked: SignIn, entrance: Entrance): Promise<Progressed> {
  const place = parts.hasher.claim()
  try {
    return await signInFrom(parts, asked, entrance, place)
  } finally {
    place.leave()
  }
}

async function signInFrom(
  parts: Parts,
  { email, password, proofOfWork }: SignIn,
  entrance: Entrance,
  place: Claim,
): Promise<Progressed> {
  const { head } = entrance
  const index = await emailIndex(parts, normaliseAddress(email) ?? email)
  // The ledger and the counters get half of the fingerprint: enough to tell accounts apart, no key into the table.
  const account = index.toString('base64url', 0, 16)
  const devices = await devicesOf(parts, head)
  try {
    const known = knowsDevice(devices, index)
    const from = { address: head.address, known, proof: proofOfWork }
    const worked = await requireWork(parts, { purpose: 'sign-in', account }, from)
    await parts.guesses.spend(account, head.address, { kind: 'password', known, worked })
  } catch (error) {
    if (isRefusal(error)) noteRefusal(parts, account, null, 'throttled', head.address)
    throw error
  }
  // Of two sign-ins at once that both renew an old hash, the second finds another than it verified.
  const tried = { index, password, account, devices, place }
  const signedIn = (await tryOnce(parts, tried, entrance)) ?? (await tryOnce(parts, tried, entrance))
  if (signedIn === null) {
    noteRefusal(parts, account, null, 'changed', head.address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  await parts.guesses.forgive(account, head.address)
  return signedIn
}

type Tried = {
  readonly index: Buffer
  readonly password: string
  readonly account: string
  readonly devices: Devices
  readonly place: Claim
}

/** @returns null where the password was changed while it was being verified. */
async function tryOnce(
  parts: Parts,
  { index, password, account, devices, place }: Tried,
  entrance: Entrance,
): Promise<Progressed | null> {
  const { database } = parts.context
  const { address } = entrance.head
  const row = await readByEmail(database.queries, index)
  place.leave()
  const verified = await parts.hasher.verify(password, row?.password ?? null)
  const reason = refusalReason(row, verified)
  if (row === null || row.password === null || reason !== null) {
    await parts.guesses.failed(account, address)
    noteRefusal(parts, account, row, reason ?? 'unknown', address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  const risk = await assess(parts, row, entrance.head, devices)
  if (risk.verdict === 'refuse') {
    // Nobody learns from the answer that the password was right.
    parts.context.recorder.note(assessedEvent(parts, row, risk, entrance.head))
    noteRefusal(parts, account, row, 'risk', address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  const renewed = parts.hasher.outdated(row.password) ? await parts.hasher.hash(password) : null
  const held = { id: row.id, verified: row.password, renewed }
  const raised = risk.verdict === 'ask'
  const { decision } = await judge(parts, row, ['password'], raised)
  const proven = { factors: ['password'], decision, attempt: null, raised, risk } as const
  return await database.transaction(async (tx) => {
    const person = await holdVerified(tx, held)
    return person === null ? null : await completeSignIn(parts, tx, person, proven, entrance)
  })
}

function refusalReason(row: PersonRow | null, verified: boolean): string | null {
  if (row === null) return 'unknown'
  if (row.state !== 'active') return row.state
  return verified ? null : 'password-wrong'
}

function noteRefusal(parts: Parts, account: string, row: PersonRow | null, reason: string, address: string): void {
  parts.context.recorder.note(
    event('user.sign-in-refused', {
      organisationId: row?.organisation_id ?? null,
      actor: { kind: 'anonymous' },
      subjectId: row?.id ?? null,
      data: { account, reason },
      personal: { address },
    }),
  )
}
