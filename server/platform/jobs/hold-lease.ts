import type { Log } from '../telemetry/log.ts'
import type { Lease } from './store.ts'

export const leaseSeconds = 30
const renewEveryMs = 5_000
/** Without word from the database for so long the lease may be over before we hear of it: the run is stopped first. */
const silenceMs = (leaseSeconds - 5) * 1000

export type HeldLease = {
  /** Aborted once the lease is somebody else's, or may be soon. */
  readonly lost: AbortSignal
  /** Stops renewing. @returns the lease as it stands at the end. */
  end(): Promise<Lease>
}

/**
 * Renews a lease every five seconds until it is ended.
 *
 * @param renew returns the renewed lease; null where somebody else has taken it. Throws where the database can't be asked.
 * @param heardMs when the lease was asked for, by `nowMs`: it began after that.
 * @param nowMs milliseconds that only go up; those of this process count, since the end of the lease is the database's.
 */
export function holdLease(
  first: Lease,
  renew: (lease: Lease) => Promise<Lease | null>,
  log: Log,
  heardMs: number,
  nowMs: () => number = () => performance.now(),
): HeldLease {
  const lost = new AbortController()
  let lease = first
  let provenMs = heardMs
  let renewing: Promise<void> | null = null

  const renewOnce = async () => {
    const askedMs = nowMs()
    try {
      const renewed = await renew(lease)
      if (renewed === null) lost.abort()
      else {
        lease = renewed
        provenMs = askedMs
      }
    } catch (error) {
      log.warn({ job: lease.name, error }, 'the lease of a job could not be renewed')
    }
  }
  const timer = setInterval(() => {
    if (nowMs() - provenMs >= silenceMs) lost.abort()
    renewing ??= renewOnce().finally(() => {
      renewing = null
    })
  }, renewEveryMs)
  timer.unref()

  return {
    lost: lost.signal,
    async end() {
      clearInterval(timer)
      await renewing
      return lease
    },
  }
}
