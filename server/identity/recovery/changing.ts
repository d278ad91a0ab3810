import type { Queries } from '../../platform/database/database.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'

/**
 * A transaction that is one at a time in this process: it asks on a second connection for keys, roles or factors, and many of them
 * at once would each wait for what another holds.
 *
 * @throws Refusal IDENTITY_BUSY where too many wait.
 */
export async function changing<T>(parts: Parts, work: (tx: Queries) => Promise<T>): Promise<T> {
  return await parts.changes.run(
    () => parts.context.database.transaction(work),
    () => refuse('IDENTITY_BUSY', { retryAfterSeconds: 2 }),
  )
}
