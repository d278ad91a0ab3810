import type { SignIn } from '@custodia/wire/http/identity.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Entrance, Progressed } from './complete-sign-in.ts'
import { completeSignIn } from './complete-sign-in.ts'
import { normaliseAddress } from './email-address.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { emailIndex } from './parts.ts'
import { judge } from './policy/judge.ts'
import { assess } from './risk/assess.ts'
import { knowsDevice } from './risk/device.ts'
import type { PersonRow } from './store.ts'
import { holdVerified, readByEmail } from './store.ts'

/**
 * Signs in by address and password. Whoever is unknown, disabled, only invited or wrong gets the same answer after the same
 * work; which of them it was stands in the ledger alone.
 *
 * @throws Refusal IDENTITY_CREDENTIALS_WRONG, IDENTITY_TOO_MANY_TRIES, IDENTITY_BUSY.
 */
export async function signIn(parts: Parts, { email, password }: SignIn, entrance: Entrance): Promise<Progressed> {
  const { database } = parts.context
  const { address } = entrance.head
  const index = await emailIndex(parts, normaliseAddress(email) ?? email)
  // The ledger and the counters get half of the fingerprint: enough to tell accounts apart, no key into the table.
  const account = index.toString('base64url', 0, 16)
  try {
    const known = await knowsDevice(parts, index, entrance.head)
    await parts.guesses.spend(account, address, { kind: 'password', known })
  } catch (error) {
    if (isRefusal(error)) noteRefusal(parts, account, null, 'throttled', address)
    throw error
  }
  const row = await readByEmail(database.queries, index)
  const verified = await parts.hasher.verify(password, row?.password ?? null)
  const reason = refusalReason(row, verified)
  if (row === null || row.password === null || reason !== null) {
    await parts.guesses.failed(account, address)
    noteRefusal(parts, account, row, reason ?? 'unknown', address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  const risk = await assess(parts, row, entrance.head)
  if (risk.verdict === 'refuse') {
    // Nobody learns from the answer that the password was right.
    noteRefusal(parts, account, row, 'risk', address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  const renewed = parts.hasher.outdated(row.password) ? await parts.hasher.hash(password) : null
  const proven = { id: row.id, verified: row.password, renewed }
  const raised = risk.verdict === 'ask'
  const { decision } = await judge(parts, row, ['password'], raised)
  const signedIn = await database.transaction(async (tx) => {
    const person = await holdVerified(tx, proven)
    if (person === null) return null
    return await completeSignIn(
      parts,
      tx,
      person,
      { factors: ['password'], decision, attempt: null, raised, risk },
      entrance,
    )
  })
  if (signedIn === null) {
    noteRefusal(parts, account, row, 'changed', address)
    throw refuse('IDENTITY_CREDENTIALS_WRONG')
  }
  await parts.guesses.forgive(account, address)
  return signedIn
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
