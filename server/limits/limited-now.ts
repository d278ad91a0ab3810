import type { Challenged, Refused } from '@custodia/edge/limits/limits.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import { RecentMap } from '../platform/recent-map.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { LimitedRow } from './store.ts'
import { addLimited } from './store.ts'

const most = 1_000
const batch = 200
const everyMs = 2_000

type Row = { -readonly [K in keyof LimitedRow]: LimitedRow[K] } & { times: number; solved: number }
type Needs = { readonly clock: Clock; readonly database: Database; readonly log: Log }

/**
 * Who had no room, counted in this process and written down every two seconds, beside the requests: a flood costs a count each and a
 * statement now and then. What is beyond 1,000 subjects within two seconds is not shown.
 */
export class LimitedRecently {
  readonly #needs: Needs
  readonly #timer: NodeJS.Timeout
  #rows = new RecentMap<Row>(most)
  #writing: Promise<void> = Promise.resolve()

  constructor(needs: Needs) {
    this.#needs = needs
    this.#timer = setInterval(() => void this.flush(), everyMs)
    this.#timer.unref()
  }

  /** Somebody who was refused or asked for work, or a proof that was taken. */
  add({ policy, subject, caller, asked, waitMs, ...how }: Refused | Challenged): void {
    const solved = 'outcome' in how && how.outcome === 'solved' ? 1 : 0
    const times = 1 - solved
    const nowMs = this.#needs.clock.nowMs()
    const key = `${policy.organisation ?? ''}/${policy.name}/${caller.organisation ?? ''}/${subject}`
    const known = this.#rows.get(key)
    if (known !== undefined) {
      known.times += times
      known.solved += solved
      known.last_at = new Date(nowMs)
      known.until = new Date(nowMs + waitMs)
      return
    }
    this.#rows.set(key, {
      organisation_id: caller.organisation,
      policy: policy.name,
      counted_by: policy.by,
      subject,
      route: asked.route.slice(0, 300),
      dry_run: policy.dryRun,
      challenged: 'outcome' in how,
      times,
      solved,
      since: new Date(nowMs),
      last_at: new Date(nowMs),
      until: new Date(nowMs + waitMs),
    })
  }

  /** Resolves once everything up to now is written, or was given up. */
  async flush(): Promise<void> {
    if (this.#rows.size > 0) {
      const rows = merged([...this.#rows].map(([, row]) => row))
      this.#rows = new RecentMap(most)
      this.#writing = this.#writing.then(() => this.#write(rows))
    }
    await this.#writing
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(rows: readonly LimitedRow[]): Promise<void> {
    try {
      for (let i = 0; i < rows.length; i += batch)
        await addLimited(this.#needs.database.queries, rows.slice(i, i + batch))
    } catch (error) {
      this.#needs.log.warn({ error }, 'who was limited could not be written down')
    }
  }
}

/** A policy of the installation and one of an organisation may have one name: a statement writes no row twice. In the order of their keys. */
function merged(rows: readonly Row[]): LimitedRow[] {
  const keyOf = (row: Row) => `${row.organisation_id ?? ''}/${row.policy}/${row.subject}`
  return [...Map.groupBy(rows, keyOf)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, same]) => ({
      ...(same.at(-1) as Row),
      times: same.reduce((sum, { times }) => sum + times, 0),
      solved: same.reduce((sum, { solved }) => sum + solved, 0),
    }))
}
