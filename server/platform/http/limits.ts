import type { Rate } from '@custodia/edge/limits/cell-rate.ts'
import { rateOf } from '@custodia/edge/limits/cell-rate.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import { network } from '@custodia/edge/limits/networks.ts'
import type { Clock } from '../clock.ts'
import { refuseRequest } from './errors.ts'
import type { RequestHead } from './ports.ts'
import type { Principal } from './principal.ts'
import type { LimitClass, Route } from './route.ts'

export { network } from '@custodia/edge/limits/networks.ts'

/** How many requests one address may make at once, and in how long it earns them back. */
export type LimitFigures = { readonly burst: number; readonly perSeconds: number }

export const defaultLimits: Readonly<Record<LimitClass, LimitFigures>> = {
  'sign-in': { burst: 30, perSeconds: 60 },
  read: { burst: 1_200, perSeconds: 60 },
  write: { burst: 300, perSeconds: 60 },
  expensive: { burst: 60, perSeconds: 60 },
}

/** Figures as configured; classes that are not named keep theirs. @throws Error in words, for the configuration. */
export function checkLimits(value: unknown): Readonly<Record<LimitClass, LimitFigures>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a mapping')
  for (const [name, figures] of Object.entries(value)) {
    if (!Object.hasOwn(defaultLimits, name)) throw new Error(`${name} is no class of routes`)
    const { burst, perSeconds, ...rest } = (figures ?? {}) as Record<string, unknown>
    if (!isCount(burst) || !isCount(perSeconds) || Object.keys(rest).length > 0)
      throw new Error(`${name} is not { burst, perSeconds } with whole numbers from 1 to 1000000`)
  }
  return { ...defaultLimits, ...value }
}

const isCount = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1_000_000

/** Header fields that tell a caller what it has left. */
export type Told = Readonly<Record<string, string>>

/**
 * What may come how often, as the pipeline asks. Both answer without a promise where nothing has to be waited for, and null where there
 * is nothing to tell.
 */
export type Limiter = {
  /**
   * Asked before anybody is known.
   *
   * @param sent what may show that the sender worked.
   * @throws Refusal LIMIT_REACHED, PROOF_OF_WORK_REQUIRED, or another where the address is on a list.
   */
  arrive(route: LimitedRoute, address: string, sent: SentHead): Told | null | Promise<Told | null>
  /** Asked once the caller is known. @throws likewise. */
  known(route: LimitedRoute, principal: Principal, address: string): Told | null | Promise<Told | null>
}

export type SentHead = Pick<RequestHead, 'host' | 'headers'>

/** The same object for every request to one route. */
export type LimitedRoute = Pick<Route, 'method' | 'path' | 'limit'>

/**
 * A limiter that knows nothing but the figures: one cell for each class and address, in this process. What stands in front of a server without the
 * `limits` module.
 */
export class AddressLimits implements Limiter {
  readonly #cells: MemoryCells
  readonly #rates: Readonly<Record<LimitClass, Rate>>

  constructor(clock: Clock, limits = defaultLimits) {
    this.#cells = new MemoryCells(() => clock.nowMs())
    const rates = Object.entries(limits).map(([name, figures]) => [name, rateOf(figures.burst, figures.perSeconds)])
    this.#rates = Object.fromEntries(rates)
  }

  arrive(route: LimitedRoute, address: string): null {
    const retryAfterSeconds = this.spend(route.limit, address)
    if (retryAfterSeconds > 0) throw refuseRequest('LIMIT_REACHED', { retryAfterSeconds })
    return null
  }

  known(): null {
    return null
  }

  /** @returns seconds to wait; 0 where the request may pass. */
  spend(kind: LimitClass, address: string): number {
    const rate = this.#rates[kind]
    const { waitsMs } = this.#cells.spend([{ pool: kind, subject: network(address), rate, lost: rate }])
    return (waitsMs[0] as number) / 1000
  }
}
