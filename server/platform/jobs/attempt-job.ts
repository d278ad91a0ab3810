import type { Database } from '../database/database.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { holdLease, leaseSeconds } from './hold-lease.ts'
import type { Job } from './job.ts'
import { claimJob, dueInSeconds, endLease, releaseLease, renewLease } from './store.ts'

export type JobNeeds = {
  readonly database: Database
  readonly log: Log
  readonly figures: JobFigures
}

export type JobFigures = {
  readonly runs: ReturnType<Metrics['counter']>
  readonly seconds: ReturnType<Metrics['duration']>
}

/**
 * Runs the job if it is due and nobody else runs it. Its own failure is logged, counted and stored, not thrown.
 *
 * @returns seconds after which asking again makes sense.
 * @throws Error where the database can't be asked.
 */
export async function attemptJob(job: Job, needs: JobNeeds, stopping: AbortSignal): Promise<number> {
  const { queries } = needs.database
  const startedMs = performance.now()
  const claimed = await claimJob(queries, job.name, leaseSeconds)
  if (claimed === null) return dueInSeconds(queries, job.name)

  const held = holdLease(claimed, (lease) => renewLease(queries, lease, leaseSeconds), needs.log, startedMs)
  // Told to stop while it was asking: what it holds now, it gives back unused.
  const error = stopping.aborted ? null : await run(job, AbortSignal.any([stopping, held.lost]))
  const lease = await held.end()

  const outcome = held.lost.aborted ? 'lost' : stopping.aborted ? 'stopped' : error === null ? 'ok' : 'failed'
  needs.figures.runs.add(1, { job: job.name, outcome })
  needs.figures.seconds.observe((performance.now() - startedMs) / 1000, { job: job.name })
  if (outcome === 'lost') needs.log.warn({ job: job.name }, 'a job was stopped because its lease was lost')
  else if (outcome === 'stopped') await releaseLease(queries, lease)
  else await endLease(queries, lease, job.everySeconds, error === null ? null : nameOf(error.thrown))
  if (outcome === 'failed') needs.log.error({ job: job.name, error: error?.thrown }, 'a job failed')
  return dueInSeconds(queries, job.name)
}

async function run(job: Job, signal: AbortSignal): Promise<{ thrown: unknown } | null> {
  try {
    await job.run(signal)
    return null
  } catch (thrown) {
    return { thrown }
  }
}

function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'not an Error'
  const code = 'code' in thrown && typeof thrown.code === 'string' ? ` ${thrown.code}` : ''
  return `${thrown.name}${code}`.replace(/[^\w .-]/g, '?').slice(0, 100)
}
