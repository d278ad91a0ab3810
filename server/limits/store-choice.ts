import type { CellStore } from '@custodia/edge/limits/cell-store.ts'
import { GuardedCells } from '@custodia/edge/limits/guarded-cells.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Context } from '../platform/module.ts'
import { postgresCells } from './cell-store.ts'
import type { config } from './config.ts'

/** Where cells are kept, and how well that goes. */
export type Store = {
  readonly name: 'process' | 'redis' | 'postgres'
  readonly cells: CellStore
  lost(): boolean
  /** Forgets, in process, what no policy counts any more. */
  keepOnly(pools: ReadonlySet<string>): void
}

/** @throws Error where Redis is asked for and the installation has none. */
export function chooseStore(context: Context<typeof config>): Store {
  const { cache, database, log, metrics, clock } = context
  const wanted =
    context.config.store === 'auto' ? (cache.cells === undefined ? 'process' : 'redis') : context.config.store
  const figure = (lost: () => boolean) =>
    metrics.gauge(
      'custodia_limits_store_lost',
      '1 while the store of limits does not answer and this process counts alone.',
      () => (lost() ? 1 : 0),
    )
  if (wanted === 'process') {
    const cells = new MemoryCells(() => clock.nowMs())
    figure(() => false)
    return { name: 'process', cells, lost: () => false, keepOnly: (pools) => cells.keepOnly(pools) }
  }
  const store = wanted === 'postgres' ? postgresCells(database.queries) : cache.cells
  if (store === undefined) throw new Error('CUSTODIA_LIMITS_STORE is redis, which needs CUSTODIA_REDIS_URL.')
  const cells = new GuardedCells({
    store,
    longestWaitMs: context.config.storeWaitMs,
    // A wait is a stretch of time, whatever the wall clock does meanwhile.
    nowMs: () => performance.now(),
    onChange(state, error) {
      if (state === 'back') log.info({}, 'the store of limits is there again')
      else log.warn({ error }, 'the store of limits does not answer: each process counts alone')
    },
  })
  figure(() => cells.lost)
  return { name: wanted, cells, lost: () => cells.lost, keepOnly() {} }
}
