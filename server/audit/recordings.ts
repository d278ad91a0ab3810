import { beforeCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { NewEntry } from './entry.ts'

/** Gathers what a transaction records, so that all of it is written in one statement, in its order, right before the commit. */
export class Recordings {
  readonly #write: (tx: Queries, entries: readonly NewEntry[]) => Promise<void>
  readonly #gathered = new WeakMap<Queries, NewEntry[]>()

  constructor(write: (tx: Queries, entries: readonly NewEntry[]) => Promise<void>) {
    this.#write = write
  }

  /** @param tx a transaction that `Database.transaction` did not hand out has no such end: the entry is written at once. */
  async add(tx: Queries, entry: NewEntry): Promise<void> {
    const gathered = this.#gathered.get(tx)
    if (gathered !== undefined) gathered.push(entry)
    else {
      const entries = [entry]
      const write = () => {
        // What is recorded from now on, by others who write last, is gathered anew.
        this.#gathered.delete(tx)
        return this.#write(tx, entries)
      }
      if (beforeCommit(tx, write)) this.#gathered.set(tx, entries)
      else await write()
    }
  }
}
