import type { Kysely } from 'kysely'

/** A connection or a transaction whose tables are not said yet; a module's `store.ts` says its own with `withTables`. */
export type Queries = Kysely<Record<never, never>>

/** The one database. */
export type Database = {
  /** Outside a transaction: each statement commits by itself. */
  readonly queries: Queries
  /**
   * Runs `work` in one transaction at READ COMMITTED. Throws what `work` throws, after rolling back.
   * Serialisation failures and deadlocks are tried again, three times: `work` must have no other effect.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>
  /**
   * Runs `work` if no other process holds this name, for as long as the connection lives; otherwise returns null.
   * The lock goes with the transaction that holds it.
   */
  exclusively<T>(name: string, work: (tx: Queries) => Promise<T>): Promise<T | null>
  /**
   * Two connections set apart, for short work that must commit by itself while a caller's transaction is open
   * (making a key). Never nest it: it is what keeps the pool from waiting for itself.
   */
  readonly aside: Queries
  /** A connection string for tools of this process (LISTEN); it carries the password, so it is never logged. */
  readonly url: string
  /** Resolves where the database answers within a second. */
  ping(): Promise<void>
  close(): Promise<void>
}
