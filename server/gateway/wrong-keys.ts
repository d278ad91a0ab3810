import type { Clock } from '../platform/clock.ts'
import { isRefusal } from '../platform/errors.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { network } from '../platform/http/limits.ts'
import { RecentMap } from '../platform/recent-map.ts'

const most = 60
const windowMs = 60_000
const maxNetworks = 10_000

/**
 * Keys and signatures that did not hold, by network and minute, in this process. Requests to applications have no limit by address:
 * without this, whoever makes keys up would have each of them looked up and written down.
 */
export class WrongKeys {
  readonly #clock: Clock
  readonly #networks = new RecentMap<{ untilMs: number; times: number }>(maxNetworks)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws Refusal LIMIT_REACHED after 60 within a minute. */
  check(address: string): void {
    const known = this.#networks.get(network(address))
    if (known === undefined || known.times < most) return
    const leftMs = known.untilMs - this.#clock.nowMs()
    if (leftMs > 0) throw refuseRequest('LIMIT_REACHED', { retryAfterSeconds: leftMs / 1_000 })
  }

  /** @param error what was thrown; only what says that a key or signature does not hold is counted. */
  count(address: string, error: unknown): void {
    if (!isRefusal(error, 'APIKEY_INVALID') && !isRefusal(error, 'APIKEY_SIGNATURE_INVALID')) return
    const from = network(address)
    const nowMs = this.#clock.nowMs()
    const known = this.#networks.get(from)
    if (known !== undefined && known.untilMs > nowMs) known.times += 1
    else this.#networks.set(from, { untilMs: nowMs + windowMs, times: 1 })
  }
}
