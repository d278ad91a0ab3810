import { texts } from '../texts.ts'
import type { Problem } from './problem.ts'

/**
 * What to say at one field of a form.
 *
 * @param name as in the body that was sent: `email`.
 * @returns null where the problem is about something else. The server's `detail` is the end of a sentence about the
 * field, as in `is shorter than 15 characters`.
 */
export function fieldError(problem: Problem | null, name: string): string | null {
  if (problem?.field !== `body.${name}`) return null
  return problem.detail === null ? problem.help : texts.form.wrong(problem.detail)
}
