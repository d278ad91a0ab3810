import type { RequestHead } from '../../platform/http/ports.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { Judgement } from '../policy/judge.ts'
import { judge } from '../policy/judge.ts'
import type { PersonRow } from '../store.ts'
import { readPerson } from '../store.ts'
import { readAttemptToken } from './attempt-cookie.ts'
import { hashAttempt } from './begin-attempt.ts'
import type { AttemptRow } from './store.ts'
import { readAttempt } from './store.ts'

export type LiveAttempt = Judgement & { readonly attempt: AttemptRow; readonly person: PersonRow }

/**
 * The sign-in that this browser has under way, with what it still needs.
 *
 * @throws Refusal IDENTITY_ATTEMPT_OVER where there is none, it has expired or was finished, or the person may not sign in any more.
 */
export async function requireAttempt(parts: Parts, head: RequestHead): Promise<LiveAttempt> {
  const { queries } = parts.context.database
  const token = readAttemptToken(head.headers.cookie)
  const attempt = token === null ? null : await readAttempt(queries, hashAttempt(parts, token), nowOf(parts))
  const person = attempt === null ? null : await readPerson(queries, attempt.person_id)
  if (attempt === null || person?.state !== 'active') throw refuse('IDENTITY_ATTEMPT_OVER')
  return { attempt, person, ...(await judge(parts, person, attempt.proven, attempt.raised)) }
}
