import type { Cache } from '../platform/cache/cache.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import type { Clock } from '../platform/clock.ts'
import { network } from '../platform/http/limits.ts'
import type { Random } from '../platform/random.ts'
import type { Log } from '../platform/telemetry/log.ts'
import { refuse } from './errors.ts'

type Budget = { readonly burst: number; readonly perSeconds: number }

/**
 * For one account from one network: after five tries a wait of 12 seconds each, after ten of 90 seconds, after thirty of
 * 48 minutes. Nobody is locked out by somebody elsewhere.
 */
const perPair: readonly Budget[] = [
  { burst: 5, perSeconds: 60 },
  { burst: 10, perSeconds: 900 },
  { burst: 30, perSeconds: 86_400 },
]
/** For all accounts from one network: a list of stolen passwords is tried from somewhere. */
const perNetwork: readonly Budget[] = [
  { burst: 30, perSeconds: 60 },
  { burst: 300, perSeconds: 3_600 },
]
const dayS = 86_400

type Needs = { readonly cache: Cache; readonly clock: Clock; readonly random: Random; readonly log: Log }

/**
 * Counts tries at passwords. Every try is paid for before it is looked at, so that many at once don't slip through; one
 * that succeeds makes the pair's budgets whole again, and never the network's: an attacker has an account, too.
 */
export class Guesses {
  readonly #needs: Needs
  readonly #local: Cache

  constructor(needs: Needs) {
    this.#needs = needs
    this.#local = new MemoryCache({ clock: needs.clock })
  }

  /**
   * @param account a keyed fingerprint, whether or not there is such an account.
   * @throws Refusal IDENTITY_TOO_MANY_TRIES; what is refused costs nothing.
   */
  async spend(account: string, address: string): Promise<void> {
    const retryAfterSeconds = await this.#either((cache) => spendAll(cache, account, address))
    if (retryAfterSeconds > 0) throw refuse('IDENTITY_TOO_MANY_TRIES', { retryAfterSeconds })
  }

  /** Called when a try succeeded. */
  async forgive(account: string, address: string): Promise<void> {
    const round = this.#needs.random.bytes(6).toString('base64url')
    await this.#either((cache) => cache.set(roundKey(account, address), round, dayS))
  }

  /** Where the shared store is lost, each process counts for itself: stricter than not counting, kinder than refusing all. */
  async #either<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    try {
      return await work(this.#needs.cache)
    } catch (error) {
      this.#needs.log.warn({ error }, 'tries at passwords are counted in this process alone')
      return await work(this.#local)
    }
  }
}

const roundKey = (account: string, address: string) => `identity.tries-round:${account}:${network(address)}`

/** @returns seconds to wait; 0 where the try was paid for. */
async function spendAll(cache: Cache, account: string, address: string): Promise<number> {
  const round = (await cache.get(roundKey(account, address))) ?? ''
  const from = network(address)
  const budgets = [
    ...perNetwork.map((budget) => ({ ...budget, key: `identity.tries:${from}` })),
    ...perPair.map((budget) => ({ ...budget, key: `identity.tries:${account}:${from}:${round}` })),
  ]
  for (const { key, burst, perSeconds } of budgets) {
    const { allowed, retryAfterSeconds } = await cache.spend(`${key}:${perSeconds}`, burst, perSeconds)
    if (!allowed) return Math.max(1, retryAfterSeconds)
  }
  return 0
}
