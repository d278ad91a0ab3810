import type { Clock } from '../clock.ts'
import { RecentMap } from '../recent-map.ts'
import type { LimitClass } from './route.ts'

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

const maxAddresses = 50_000

/**
 * The first gate: a generic cell rate per class and address, in this process alone. It keeps one client from taking the
 * server; what must hold across processes (guesses at a password) is counted in the shared cache by its own module.
 */
export class AddressLimits {
  // Theoretical arrival time per class and network, in milliseconds.
  readonly #arrivals: Readonly<Record<LimitClass, RecentMap<{ ms: number }>>> = {
    'sign-in': new RecentMap(maxAddresses),
    read: new RecentMap(maxAddresses),
    write: new RecentMap(maxAddresses),
    expensive: new RecentMap(maxAddresses),
  }
  readonly #clock: Clock
  readonly #limits: Readonly<Record<LimitClass, LimitFigures>>

  constructor(clock: Clock, limits = defaultLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** @returns seconds to wait; 0 where the request may pass. */
  spend(kind: LimitClass, address: string): number {
    const { burst, perSeconds } = this.#limits[kind]
    const now = this.#clock.nowMs()
    const stepMs = (perSeconds * 1000) / burst
    const arrivals = this.#arrivals[kind]
    const from = network(address)
    const known = arrivals.get(from)
    const arrival = Math.max(now, known?.ms ?? now)
    const waitMs = arrival + stepMs - now - perSeconds * 1000
    if (waitMs > 0) return waitMs / 1000
    if (known === undefined) arrivals.set(from, { ms: arrival + stepMs })
    else known.ms = arrival + stepMs
    return 0
  }
}

/** An IPv4 address as it is; an IPv6 address by its /64, which one subscriber holds whole (RFC 6177). */
export function network(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
