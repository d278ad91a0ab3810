import { refuse } from '../errors.ts'
import type { GivenContext } from './given.ts'
import type { Parts } from './parts.ts'

/**
 * Sees to it that what follows is decided as freshly as every token that was sent asks.
 *
 * @param contexts each with the field that it came in.
 * @throws Refusal ACCESS_DECISION_TOKEN_INVALID that names the field.
 */
export async function honourTokens(
  { revisions }: Parts,
  organisationId: string,
  contexts: readonly (readonly [field: string, context: GivenContext])[],
): Promise<void> {
  let newest = 0
  for (const [field, context] of contexts) {
    const token = context?.custodia?.atLeast
    if (token === undefined) continue
    const revision = await revisions.read(organisationId, token)
    if (revision === null) throw refuse('ACCESS_DECISION_TOKEN_INVALID', { field: `${field}.custodia.atLeast` })
    newest = Math.max(newest, revision)
  }
  await revisions.atLeast(organisationId, newest)
}
