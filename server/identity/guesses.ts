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
/**
 * For one account from all networks that are strange to it: after 15 tries a wait of 20 seconds each, after 40 of 90 seconds, after
 * 150 of nearly ten minutes.
 */
const perAccount: readonly Budget[] = [
  { burst: 15, perSeconds: 300 },
  { burst: 40, perSeconds: 3_600 },
  { burst: 150, perSeconds: 86_400 },
]
/** The same for those who have worked for each try. */
const perAccountWorked: readonly Budget[] = [
  { burst: 150, perSeconds: 3_600 },
  { burst: 1_000, perSeconds: 86_400 },
]
const dayS = 86_400
const failuresS = 3_600
const maxFailures = 10_000

export type Try = {
  /** Passwords and one-time codes are counted apart: who mistypes the one can still try the other. */
  readonly kind: 'password' | 'code'
  /** True where the browser has signed this account in before, by its device cookie. No stranger can use up what it may. */
  readonly known: boolean
  /** True where a proof of work came with it. */
  readonly worked?: boolean
}

/** Wrong tries of about the last hour. */
export type Failures = { readonly account: number; readonly address: number; readonly everywhere: number }

type Needs = { readonly cache: Cache; readonly clock: Clock; readonly random: Random; readonly log: Log }

const plain: Try = { kind: 'password', known: false }

/**
 * Counts tries at passwords and codes. Every try is paid for before it is looked at, so that many at once don't slip through; one
 * that succeeds makes the pair's budgets whole again, and never the network's: an attacker has an account, too.
 */
export class Guesses {
  readonly #needs: Needs
  readonly #local: Cache
  #alone = false

  constructor(needs: Needs) {
    this.#needs = needs
    this.#local = new MemoryCache({ clock: needs.clock })
  }

  /**
   * Three budgets: the network's, the account's from this network, and the account's from everywhere. A known device has one of its
   * own instead of all three, and a network from which the account was signed in within a day does not pay the third: an
   * attack from many networks slows strangers down, and not the owner.
   *
   * @param account a keyed fingerprint, whether or not there is such an account.
   * @throws Refusal IDENTITY_TOO_MANY_TRIES; what is refused costs nothing.
   */
  async spend(account: string, address: string, made: Try = plain): Promise<void> {
    const retryAfterSeconds = await this.#either((cache) => spendAll(cache, account, address, made))
    if (retryAfterSeconds > 0) throw refuse('IDENTITY_TOO_MANY_TRIES', { retryAfterSeconds })
  }

  /** Called when a try succeeded. */
  async forgive(account: string, address: string): Promise<void> {
    const round = this.#needs.random.bytes(6).toString('base64url')
    await this.#either((cache) => cache.set(roundKey(account, address), round, dayS))
  }

  /** Called when a try was wrong: what `failures` tells, and nothing that anybody waits for. */
  async failed(account: string, address: string): Promise<void> {
    await this.#either(async (cache) => {
      for (const key of failureKeys(account, address)) await cache.count(key, failuresS)
    })
  }

  /** @returns true the first time that `key` is asked for, for so many seconds. */
  async once(key: string, seconds: number): Promise<boolean> {
    return await this.#either((cache) => cache.setIfAbsent(key, '', seconds))
  }

  async failures(account: string, address: string): Promise<Failures> {
    return await this.#either(async (cache) => {
      const read = await Promise.all(failureKeys(account, address).map((key) => cache.get(key)))
      const [byAccount = 0, byAddress = 0, everywhere = 0] = read.map((count) =>
        Math.min(Number(count ?? 0), maxFailures),
      )
      return { account: byAccount, address: byAddress, everywhere }
    })
  }

  /** Where the shared store is lost, each process counts for itself: stricter than not counting, kinder than refusing all. */
  async #either<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
    const { cache, log } = this.#needs
    try {
      const counted = await work(cache)
      if (this.#alone) log.info({}, 'tries at passwords are counted by all processes together again')
      this.#alone = false
      return counted
    } catch (error) {
      // Said once: who tries again and again would fill the log.
      if (!this.#alone) log.warn({ error }, 'tries at passwords are counted in this process alone')
      this.#alone = true
      return await work(this.#local)
    }
  }
}

const roundKey = (account: string, address: string) => `identity.tries-round:${account}:${network(address)}`

const failureKeys = (account: string, address: string) => [
  `identity.failures:account:${account}`,
  `identity.failures:network:${network(address)}`,
  'identity.failures:everywhere',
]

type Priced = Budget & { readonly key: string }
const priced = (key: string, budgets: readonly Budget[]): Priced[] => budgets.map((budget) => ({ ...budget, key }))

/** @returns seconds to wait; 0 where the try was paid for. */
async function spendAll(cache: Cache, account: string, address: string, made: Try): Promise<number> {
  const { kind, known, worked = false } = made
  const round = await cache.get(roundKey(account, address))
  const from = network(address)
  const pair = priced(`identity.tries:${kind}:${account}:${known ? 'known' : from}:${round ?? ''}`, perPair)
  const everywhere = worked
    ? priced(`identity.tries-worked:${kind}:${account}`, perAccountWorked)
    : priced(`identity.tries-account:${kind}:${account}`, perAccount)
  // The account's budget comes last: what a network has used up already must not use up everybody's.
  const budgets = known
    ? pair
    : [
        ...priced(`identity.tries:${kind}:${from}`, perNetwork),
        ...pair,
        // A round was begun by a success from here.
        ...(round === null ? everywhere : []),
      ]
  for (const { key, burst, perSeconds } of budgets) {
    const { allowed, retryAfterSeconds } = await cache.spend(`${key}:${perSeconds}`, burst, perSeconds)
    if (!allowed) return Math.max(1, retryAfterSeconds)
  }
  return 0
}
