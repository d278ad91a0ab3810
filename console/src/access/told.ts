import { fieldError } from '../api/field-error.ts'
import { Problem, problemOf } from '../api/problem.ts'
import { exactTime } from '../parts/time.ts'
import { accessTexts } from '../texts-of-access.ts'

/** What the server said about this one refusal, in words. */
function particulars({ facts }: Problem): string {
  if (typeof facts.latest === 'string') return ` ${accessTexts.latest(exactTime(facts.latest))}`
  if (typeof facts.permission === 'string') return ` ${accessTexts.permission(facts.permission)}`
  return ''
}

/** A refusal with what is particular about it: which permission was missing, until when it could last. */
export function told(error: unknown): Problem | null {
  if (error === null || error === undefined) return null
  const problem = problemOf(error)
  const more = particulars(problem)
  return more === '' ? problem : new Problem({ ...problem, title: `${problem.title}${more}` })
}

/**
 * What to say at one field.
 *
 * @param codes refusals that are about this field, although they don't name it.
 * @returns null where the problem is about something else.
 */
export function wrongAt(problem: Problem | null, name: string, codes: readonly string[] = []): string | null {
  if (problem !== null && codes.includes(problem.code)) return problem.title
  return fieldError(problem, name)
}
