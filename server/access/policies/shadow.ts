import { setImmediate as nextTurn } from 'node:timers/promises'
import { ValueRefused } from '../cedar/api.ts'
import type { LoggedDecision, ReplaySource } from '../decisions/api.ts'
import { NotRecorded } from '../decisions/api.ts'
import type { RelationsOfTypes } from '../decisions/replay.ts'
import { replay } from '../decisions/replay.ts'
import type { LivePolicies, PolicySetJson } from './api.ts'
import { writtenId } from './policy-id.ts'

/** Decisions that would be others: of one permission, one way, because of the same policies. */
export type ShadowGroup = {
  readonly action: string
  readonly change: 'allow-to-deny' | 'deny-to-allow'
  /** What decides now, and what would. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly count: number
  readonly examples: readonly ShadowExample[]
}

export type ShadowExample = {
  readonly id: string
  readonly at: string
  readonly principal: { readonly kind: string; readonly id: string }
  readonly resource: { readonly type: string; readonly id: string } | null
}

export type ShadowReport = {
  /** The version that was live; 0 for none. */
  readonly against: number
  readonly since: string
  /** Decisions that were looked at, and those of them that both versions could decide again. */
  readonly looked: number
  readonly replayed: number
  readonly toDeny: number
  readonly toAllow: number
  /** The most frequent first. */
  readonly groups: readonly ShadowGroup[]
  /** What could not be decided again, and why: the most frequent first. */
  readonly left: readonly { readonly why: string; readonly count: number }[]
  /** True where there were more decisions than were looked at. */
  readonly cut: boolean
}

export type ShadowOrder = {
  readonly organisationId: string
  readonly builtIn: PolicySetJson
  readonly live: LivePolicies
  readonly candidate: LivePolicies
  readonly types: RelationsOfTypes
  readonly since: Date
  /** At most so many decisions, for at most so long. */
  readonly limit: number
  readonly untilMs: number
  readonly nowMs: () => number
  readonly signal?: AbortSignal
}

const page = 100
const most = { groups: 100, examples: 5, left: 20 } as const

/**
 * Decides logged decisions again by the live version and by another one, and tells which of them would be others. Both are asked, so that
 * what changed since for other reasons (a role that was taken away) is not blamed on the new version: that is told apart.
 */
export async function shadow(decisions: ReplaySource, order: ShadowOrder): Promise<ShadowReport> {
  const tally = new Tally()
  let before: string | null = null
  let cut = false
  while (tally.looked < order.limit) {
    const limit: number = Math.min(page, order.limit - tally.looked)
    const found: readonly LoggedDecision[] = await decisions.newest(order.organisationId, {
      since: order.since,
      before,
      limit,
    })
    for (const logged of found) compare(logged, order, tally)
    before = found.at(-1)?.id ?? null
    cut = found.length === limit
    if (found.length < limit) break
    order.signal?.throwIfAborted()
    if (order.nowMs() > order.untilMs) break
    // Others are served between two pages.
    await nextTurn()
  }
  return tally.report(order, cut)
}

function compare(logged: LoggedDecision, order: ShadowOrder, tally: Tally): void {
  const { organisationId, builtIn, live, candidate, types } = order
  const ask = (version: LivePolicies) =>
    replay(logged, organisationId, { compiled: version.compileWith(builtIn), policies: version.policies, types })
  tally.looked++
  try {
    const [now, then] = [ask(live), ask(candidate)]
    if (now.decision !== logged.decision) {
      tally.leave('something else was changed since')
      return
    }
    tally.replayed++
    if (now.decision !== then.decision) tally.change(logged, now.by.map(writtenId), then.by.map(writtenId))
  } catch (error) {
    if (error instanceof NotRecorded) tally.leave(error.message)
    else if (error instanceof ValueRefused) tally.leave('what the log says is no Cedar value')
    else throw error
  }
}

class Tally {
  looked = 0
  replayed = 0
  readonly #groups = new Map<
    string,
    { group: Omit<ShadowGroup, 'count' | 'examples'>; found: LoggedDecision[]; count: number }
  >()
  readonly #left = new Map<string, number>()

  change(logged: LoggedDecision, before: readonly string[], after: readonly string[]): void {
    const change = logged.decision === 'allow' ? 'allow-to-deny' : 'deny-to-allow'
    const key = JSON.stringify([logged.action, change, before, after])
    const known = this.#groups.get(key) ?? {
      group: { action: logged.action, change, before, after },
      found: [],
      count: 0,
    }
    known.count++
    if (known.found.length < most.examples) known.found.push(logged)
    this.#groups.set(key, known)
  }

  leave(why: string): void {
    this.#left.set(why, (this.#left.get(why) ?? 0) + 1)
  }

  report({ live, since }: ShadowOrder, cut: boolean): ShadowReport {
    const groups = [...this.#groups.values()].sort((a, b) => b.count - a.count)
    const counted = (change: ShadowGroup['change']) =>
      groups.reduce((sum, one) => sum + (one.group.change === change ? one.count : 0), 0)
    return {
      against: live.version,
      since: since.toISOString(),
      looked: this.looked,
      replayed: this.replayed,
      toDeny: counted('allow-to-deny'),
      toAllow: counted('deny-to-allow'),
      groups: groups.slice(0, most.groups).map(({ group, found, count }) => ({
        ...group,
        count,
        examples: found.map(({ id, at, principal, resource }) => ({ id, at: at.toISOString(), principal, resource })),
      })),
      left: [...this.#left]
        .map(([why, count]) => ({ why, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, most.left),
      cut,
    }
  }
}
