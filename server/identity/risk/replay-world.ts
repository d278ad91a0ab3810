import type { Found, Places } from './places.ts'

/**
 * A made-up world for the replay test, with what makes this hard in real life. Its assumptions:
 *
 * - 12 countries of unequal size; in each 5 home providers, 2 mobile ones and 2 hosting ones, of unequal share. A provider has 3
 *   blocks (/16). A home connection keeps its address for 3 weeks on average, then gets another one of its provider, in another
 *   prefix and often in another block. Mobile networks give another address each time.
 * - Two people in three have a place of work, whose one address they share with everybody who works there; one in six of these
 *   places is reached through an exit in another country. One person in sixteen uses a commercial VPN at two sign-ins of five.
 * - One person in three joins while the history runs, so many are judged by few sign-ins of theirs.
 * - Everybody has a computer, four of five a phone. Browsers update every four weeks; machines are replaced every two years, all at
 *   once new to us. One person in fourteen uses private windows only; others lose their cookies once in 60 sign-ins. One sign-in in
 *   thirty comes from somebody else's machine, or another browser.
 * - One sign-in in sixteen comes from a café. People travel about twice in six months, for 3 to 10 days, two of five times abroad;
 *   there they use a network of the place, or roam (through their own provider).
 * - Hours lie about the person's own habit; one sign-in in twelve at any hour. One in ten comes after a mistyped password.
 *
 * Attackers hold the right password and mistype nothing. The naive ones come from any network of any country, often from hosting,
 * with a browser drawn from what people use, at any hour. The targeted ones come from the person's own country, with the same
 * browser in the same version on the same platform, at an hour that the person keeps, from a network drawn as people's are: it may
 * be the person's own provider, but never their address. Neither holds a device cookie.
 */
export type Visit = {
  readonly person: number
  readonly at: Date
  readonly address: string
  readonly userAgent: string
  readonly known: boolean
  readonly failures: number
}

export type Country = {
  readonly code: string
  readonly share: number
  readonly latitude: number
  readonly longitude: number
  readonly zone: number
}

/** xorshift32: the same world each time. */
export type Dice = { unit(): number; below(n: number): number; chance(p: number): boolean }

export function dice(seed: number): Dice {
  let state = seed | 0 || 1
  const unit = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return { unit, below: (n) => Math.floor(unit() * n), chance: (p) => unit() < p }
}

const country = (code: string, share: number, latitude: number, longitude: number, zone: number): Country => ({
  code,
  share,
  latitude,
  longitude,
  zone,
})
export const countries: readonly Country[] = [
  country('DE', 30, 51, 10, 1),
  country('FR', 14, 47, 2, 1),
  country('AT', 8, 47, 14, 1),
  country('NL', 8, 52, 5, 1),
  country('PL', 8, 52, 19, 1),
  country('GB', 10, 53, -2, 0),
  country('ES', 6, 40, -4, 1),
  country('US', 8, 40, -95, -6),
  country('BR', 3, -10, -53, -3),
  country('IN', 2, 22, 79, 5),
  country('VN', 2, 16, 107, 7),
  country('NG', 1, 9, 8, 1),
]

export type Kind = 'home' | 'mobile' | 'hosting'
const shares: Readonly<Record<Kind, readonly number[]>> = {
  home: [40, 25, 18, 10, 7],
  mobile: [60, 40],
  hosting: [50, 50],
}
const firstOf: Readonly<Record<Kind, number>> = { home: 0, mobile: 5, hosting: 7 }
const blocksEach = 3
const providersEach = 9

export function weighted(random: Dice, weights: readonly number[]): number {
  let left = random.unit() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [at, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return at
  }
  return 0
}

export const anyCountry = (random: Dice): number =>
  weighted(
    random,
    countries.map(({ share }) => share),
  )

/** A provider's number in the world. */
export const providerIn = (random: Dice, at: number, kind: Kind): number =>
  at * providersEach + firstOf[kind] + weighted(random, shares[kind])

/** Mobile networks hide many people behind few addresses. */
export function addressOf(random: Dice, provider: number, mobile = false): string {
  const block = provider * blocksEach + weighted(random, [50, 30, 20])
  return `${20 + Math.floor(block / 250)}.${block % 250}.${random.below(mobile ? 8 : 200)}.${random.below(mobile ? 64 : 250)}`
}

export const worldPlaces: Places = {
  find(address): Found {
    const [a = 0, b = 0] = address.split('.').map(Number)
    const provider = Math.floor(((a - 20) * 250 + b) / blocksEach)
    const found = countries[Math.floor(provider / providersEach)] as Country
    return { country: found.code, latitude: found.latitude, longitude: found.longitude, asn: 64_500 + provider }
  },
}

/** Shares of platform and browser, about as they are. */
const agents: readonly (readonly [number, (major: number) => string])[] = [
  [34, (v) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/${v}.0.0.0 Safari/537.36`],
  [10, (v) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/${v}.0.0.0 Safari/537.36 Edg/${v}.0.0.0`],
  [7, (v) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:${v}.0) Gecko/20100101 Firefox/${v}.0`],
  [
    7,
    (v) =>
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/${Math.floor((v - 120) / 13) + 17}.1 Safari/605.1.15`,
  ],
  [6, (v) => `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/${v}.0.0.0 Safari/537.36`],
  [3, (v) => `Mozilla/5.0 (X11; Linux x86_64; rv:${v}.0) Gecko/20100101 Firefox/${v}.0`],
  [2, (v) => `Mozilla/5.0 (X11; Linux x86_64) Chrome/${v}.0.0.0 Safari/537.36`],
]
const phones: readonly (readonly [number, (major: number) => string])[] = [
  [
    20,
    (v) =>
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/${Math.floor((v - 120) / 13) + 17}.1 Mobile/15E148 Safari/604.1`,
  ],
  [22, (v) => `Mozilla/5.0 (Linux; Android 10; K) Chrome/${v}.0.0.0 Mobile Safari/537.36`],
  [4, (v) => `Mozilla/5.0 (Linux; Android 10; K) SamsungBrowser/${v - 100}.0 Chrome/${v}.0.0.0 Mobile Safari/537.36`],
]
const pick = (random: Dice, table: typeof agents) =>
  (
    table[
      weighted(
        random,
        table.map(([share]) => share),
      )
    ] as (typeof agents)[number]
  )[1]
export const computerAgent = (random: Dice) => pick(random, agents)
export const phoneAgent = (random: Dice) => pick(random, phones)
export const anyAgent = (random: Dice) => pick(random, [...agents, ...phones])

/** Versions appear every four weeks. */
export const majorOn = (day: number, lag: number): number => 128 + Math.floor((day - lag) / 28)
