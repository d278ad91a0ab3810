import type { Queries } from './database.ts'

type Action = () => void | Promise<void>

const waiting = new WeakMap<Queries, Action[]>()
const finishing = new WeakMap<Queries, Action[]>()

/**
 * Runs `action` as the last of a transaction's work: what it writes commits with it, and what it throws rolls it back. For what is
 * written better at once than piece by piece.
 *
 * @param tx the very object that `Database.transaction` handed out.
 * @returns false where it is not one: there is no such moment then.
 */
export function beforeCommit(tx: Queries, action: Action): boolean {
  const actions = finishing.get(tx)
  actions?.push(action)
  return actions !== undefined
}

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

/** For `Database.transaction` alone: wraps `work` and what is to run before the commit, and returns what to run after it. */
export async function collectingAfterCommit<T>(
  tx: Queries,
  work: (tx: Queries) => Promise<T>,
): Promise<[T, readonly Action[]]> {
  const actions: Action[] = []
  const last: Action[] = []
  waiting.set(tx, actions)
  finishing.set(tx, last)
  try {
    const result = await work(tx)
    for (const action of last) await action()
    return [result, actions]
  } finally {
    waiting.delete(tx)
    finishing.delete(tx)
  }
}
