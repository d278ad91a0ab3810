/** The newest checkpoint that this browser has verified, and the key it was verified with. */
export type Remembered = { readonly key: string; readonly note: string; readonly seenAt: string }

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const name = 'custodia.ledger.checkpoint'

/** @returns null where there is none, or what is there is not in the form that `remember` writes. */
export function recall(store: Store): Remembered | null {
  try {
    const value: unknown = JSON.parse(store.getItem(name) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const { key, note, seenAt } = value as Record<string, unknown>
    if (typeof key !== 'string' || typeof note !== 'string' || typeof seenAt !== 'string') return null
    return { key, note, seenAt }
  } catch {
    // Not JSON, or a browser that keeps nothing for pages.
    return null
  }
}

/** Keeps it where the browser lets us; where not, the next visit is a first one again. */
export function remember(store: Store, remembered: Remembered): void {
  try {
    store.setItem(name, JSON.stringify(remembered))
  } catch {
    // Storage is full or forbidden: nothing is lost but the comparison.
  }
}

/** Begins anew, as after a key was replaced on purpose. */
export function forget(store: Store): void {
  store.removeItem(name)
}
