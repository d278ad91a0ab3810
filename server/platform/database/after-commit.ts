import type { Queries } from './database.ts'

type Action = () => void | Promise<void>

const waiting = new WeakMap<Queries, Action[]>()

/**
 * Runs `action` once `tx` has committed, before whoever asked for the transaction gets its answer: what other processes must
 * hear of (a session that ended) is on its way by the time a caller is told that it is done. Nothing runs after a roll-back.
 *
 * @param tx the very object that `Database.transaction` handed out.
 * @throws Error where it is not one: outside a transaction there is no 'after'.
 */
export function afterCommit(tx: Queries, action: Action): void {
  const actions = waiting.get(tx)
  if (actions === undefined) throw new Error('afterCommit needs the transaction that Database.transaction handed out')
  actions.push(action)
}

/** For `Database.transaction` alone: wraps `work`, and returns what to run after the commit. */
export async function collectingAfterCommit<T>(
  tx: Queries,
  work: (tx: Queries) => Promise<T>,
): Promise<[T, readonly Action[]]> {
  const actions: Action[] = []
  waiting.set(tx, actions)
  try {
    return [await work(tx), actions]
  } finally {
    waiting.delete(tx)
  }
}
