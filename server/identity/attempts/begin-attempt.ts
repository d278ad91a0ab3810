import { createHmac } from 'node:crypto'
import type { Attempt, FactorKind } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import { newId } from '../../platform/random.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { Decision } from '../policy/decide.ts'
import type { PersonRow } from '../store.ts'
import { attemptSeconds, setAttemptCookie } from './attempt-cookie.ts'
import type { AttemptRow } from './store.ts'
import { insertAttempt } from './store.ts'

/** What the database holds of an attempt's token. */
export function hashAttempt({ attemptKey }: Parts, token: string): Buffer {
  return createHmac('sha256', attemptKey).update(token).digest()
}

/** Begins a sign-in that needs more than was proven. Its token, 256 random bits, is this browser's alone. */
export async function beginAttempt(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  proven: readonly FactorKind[],
  { raised, risk }: Pick<AttemptRow, 'raised' | 'risk'>,
): Promise<{ row: AttemptRow; cookie: string }> {
  const { random } = parts.context
  const token = random.bytes(32).toString('base64url')
  const now = nowOf(parts)
  const row = {
    id: newId('att', random),
    token_hash: hashAttempt(parts, token),
    person_id: person.id,
    organisation_id: person.organisation_id,
    proven: [...proven],
    raised,
    risk,
    created_at: now,
    expires_at: new Date(now.getTime() + attemptSeconds * 1_000),
  }
  await insertAttempt(tx, row)
  return { row: { ...row, tries: 0, ended_at: null }, cookie: setAttemptCookie(token) }
}

export function showAttempt(row: AttemptRow, proven: readonly FactorKind[], decision: Decision): Attempt {
  return {
    id: row.id,
    proven: [...proven],
    ways: decision.kind === 'prove' ? [...decision.ways] : [],
    mustEnrol: decision.kind === 'enrol',
    enrolable: decision.kind === 'enrol' ? [...decision.enrolable] : [],
    expiresAt: row.expires_at.toISOString(),
  }
}
