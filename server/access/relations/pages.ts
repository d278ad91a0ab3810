import type { Page } from './api.ts'

/** Candidates that one page looks at: whoever may see few of many turns more pages, and no request is endless. */
const maxCandidates = 2_000
const batch = 250
const atOnce = 8

export type Candidates = {
  /** In order, without doubles, after the one that is given: at most `limit`; fewer where there are no more. */
  next(after: string | null, limit: number): Promise<readonly string[]>
  /** Which of them are to be shown. */
  holding(ids: readonly string[]): Promise<readonly boolean[]>
}

/**
 * Fills a page from what candidates hold. `next` is the last that was looked at; null where there are no more.
 *
 * @param most candidates that are looked at.
 */
export async function fillPage(
  candidates: Candidates,
  after: string | null,
  limit: number,
  most = maxCandidates,
): Promise<Page<string>> {
  const items: string[] = []
  let last = after
  for (let looked = 0; looked < most; ) {
    const size = Math.min(batch, Math.max(limit - items.length, 20))
    const ids = await candidates.next(last, size)
    const holding = await candidates.holding(ids)
    for (const [index, id] of ids.entries()) {
      last = id
      if (holding[index] !== true) continue
      items.push(id)
      if (items.length === limit) return { items, next: last }
    }
    if (ids.length < size) return { items, next: null }
    looked += ids.length
  }
  return { items, next: last }
}

/** Puts what is known without the database among what was read. */
export function withKnown(read: readonly string[], known: readonly string[], after: string | null, limit: number) {
  // Beyond the last of a full page there may be others before the next that is known.
  const last = read.length < limit ? null : (read.at(-1) ?? null)
  const fitting = known.filter((id) => (after === null || id > after) && (last === null || id <= last))
  return [...new Set([...read, ...fitting])].sort().slice(0, limit)
}

/** Some at a time, so that no list takes every connection. */
export async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result | Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += atOnce)
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))))
  return results
}
