import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Database } from '../database/database.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { JobNeeds } from './attempt-job.ts'
import { attemptJob } from './attempt-job.ts'
import type { Job } from './job.ts'
import { registerJobs } from './store.ts'

export type RunJobsOptions = {
  readonly jobs: readonly Job[]
  readonly database: Database
  readonly log: Log
  readonly metrics: Metrics
  /** Waits; ends early, by throwing, when the signal is aborted. Default: a timer. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Where to find the migrations of `platform.job`. */
export const jobMigrations = new URL('migrations/', import.meta.url)

const namePattern = /^[a-z]+(\.[a-z]+(-[a-z]+)*)+$/
/** Nobody is asked more often, and everybody at least so often: whoever moves a job's time by hand need not restart. */
const waitSeconds = { least: 0.25, most: 60 } as const
const patienceMs = 5_000

/**
 * Runs jobs until it is stopped: each again and again, by one process at a time wherever there are several, by the database's
 * clock. A job that fails is tried again after growing pauses.
 *
 * @returns the function that stops: it aborts what runs, and waits for it up to 5 seconds.
 * @throws Error for a job with a wrong name or interval, or where the database can't be reached.
 */
export async function runJobs(options: RunJobsOptions): Promise<() => Promise<void>> {
  const { jobs, database, log, metrics } = options
  checkJobs(jobs)
  await registerJobs(
    database.queries,
    jobs.map((job) => job.name),
  )
  const needs: JobNeeds = {
    database,
    log,
    figures: {
      runs: metrics.counter('custodia_job_runs_total', 'Runs of jobs by how they ended.', ['job', 'outcome']),
      seconds: metrics.duration('custodia_job_seconds', 'How long jobs ran.', ['job']),
    },
  }
  const stopping = new AbortController()
  const pause = options.pause ?? ((ms, signal) => pauseFor(ms, undefined, { signal }))
  const running = new Set(jobs.map((job) => job.name))
  const loops = jobs.map((job) => repeat(job, needs, stopping.signal, pause).then(() => running.delete(job.name)))
  return async () => {
    stopping.abort()
    const late = new AbortController()
    const patience = pause(patienceMs, late.signal).catch(() => {})
    await Promise.race([Promise.all(loops), patience])
    late.abort()
    if (running.size > 0)
      log.warn({ jobs: [...running] }, 'jobs did not stop when they were told to; their leases end by themselves')
  }
}

function checkJobs(jobs: readonly Job[]): void {
  const names = new Set<string>()
  for (const { name, everySeconds } of jobs) {
    if (!namePattern.test(name)) throw new Error(`the name of a job matches ${namePattern}`)
    if (names.has(name)) throw new Error(`two jobs have the name ${name}`)
    if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > 86_400)
      throw new Error(`${name} runs every 1 to 86,400 seconds`)
    names.add(name)
  }
}

async function repeat(
  job: Job,
  needs: JobNeeds,
  stopping: AbortSignal,
  pause: NonNullable<RunJobsOptions['pause']>,
): Promise<void> {
  let silences = 0
  while (!stopping.aborted) {
    let seconds: number
    try {
      seconds = await attemptJob(job, needs, stopping)
      silences = 0
    } catch (error) {
      silences = Math.min(silences + 1, 10)
      seconds = 2 ** silences
      needs.log.warn({ job: job.name, error }, 'the database could not be asked about a job')
    }
    const bounded = Math.min(Math.max(seconds, waitSeconds.least), waitSeconds.most)
    // A tenth of chance, so that many processes don't ask at the same moment.
    await pause(bounded * (1 + Math.random() / 10) * 1000, stopping).catch(() => {})
  }
}
