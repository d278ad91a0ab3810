import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { historyDays } from './look.ts'
import { deleteUnused } from './store.ts'

const batch = 1_000

/** Forgets histories, common values and devices that nobody used for 400 days, in batches that commit by themselves. */
export async function sweepRisk(parts: Parts, signal: AbortSignal): Promise<void> {
  const before = new Date(nowOf(parts).getTime() - historyDays * 86_400_000)
  while (!signal.aborted) if ((await deleteUnused(parts.context.database.queries, before, batch)) < batch) return
}
