import type { Inline } from '@custodia/edge/browser/propose.ts'
import type { BrowserReport } from '@custodia/edge/browser/reports.ts'
import { parseReports } from '@custodia/edge/browser/reports.ts'
import type { Database } from '../platform/database/database.ts'
import { RecentMap } from '../platform/recent-map.ts'
import type { Reports } from './api.ts'
import { addInlines, addReports } from './store.ts'

/** Bodies in a minute. What is beyond is refused: a page that violates its policy all the time says nothing new. */
const perMinute = { address: 60, application: 600 } as const
const maxAddresses = 10_000
/** Groups that wait for the next writing, in all. */
const maxWaiting = 1_000

/**
 * Counts reports in this process and writes them together, a few times a minute: whoever sends many costs one statement. What is counted
 * and not yet written is lost with the process, and harmless.
 */
export class Tally {
  readonly #nowMs: () => number
  readonly #windows = new RecentMap<{ sinceMs: number; count: number }>(maxAddresses)
  #reports = new Map<string, BrowserReport & { application: string; count: number }>()
  #inlines = new Map<string, Inline & { application: string; seen: number }>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** @returns seconds to wait; 0 where one more body may be read. */
  waitFor(application: string | null, address: string): number {
    const waits = [
      this.#spend(`address ${address}`, perMinute.address),
      this.#spend(`application ${application ?? ''}`, perMinute.application),
    ]
    return Math.max(...waits)
  }

  #spend(key: string, most: number): number {
    const now = this.#nowMs()
    const known = this.#windows.get(key)
    if (known === undefined || now - known.sinceMs >= 60_000) {
      this.#windows.set(key, { sinceMs: now, count: 1 })
      return 0
    }
    if (known.count >= most) return Math.ceil((known.sinceMs + 60_000 - now) / 1_000)
    known.count += 1
    return 0
  }

  receive({ application, origin, mediaType, body }: Reports): void {
    for (const one of parseReports(body, mediaType, origin)) {
      const key = JSON.stringify([application, one.kind, one.disposition, one.directive, one.blocked, one.path])
      const known = this.#reports.get(key)
      if (known !== undefined) known.count += 1
      else if (this.#reports.size < maxWaiting)
        this.#reports.set(key, { ...one, application: application ?? '', count: 1 })
    }
  }

  served(application: string, inlines: readonly Inline[]): void {
    for (const one of inlines) {
      const key = `${application} ${one.element} ${one.hash}`
      const known = this.#inlines.get(key)
      if (known !== undefined) known.seen += 1
      else if (this.#inlines.size < maxWaiting) this.#inlines.set(key, { ...one, application, seen: 1 })
    }
  }

  /** Writes what was counted since. */
  async write(database: Database, maxGroups: number): Promise<void> {
    const reports = [...this.#reports.values()]
    // In the order of their keys: two that write the same wait for each other, and not in a ring.
    const inlines = [...this.#inlines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, inline]) => inline)
    if (reports.length + inlines.length === 0) return
    this.#reports = new Map()
    this.#inlines = new Map()
    const now = new Date(this.#nowMs())
    await database.transaction(async (tx) => {
      if (reports.length > 0) await addReports(tx, reports, now, maxGroups)
      await addInlines(tx, inlines, now, maxGroups)
    })
  }
}
