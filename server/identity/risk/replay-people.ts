import type { Dice, Visit } from './replay-world.ts'
import {
  addressOf,
  anyAgent,
  anyCountry,
  computerAgent,
  countries,
  majorOn,
  phoneAgent,
  providerIn,
} from './replay-world.ts'

export const dayMs = 86_400_000
export const startMs = Date.UTC(2026, 0, 1)

type Device = { agent: (major: number) => string; readonly lag: number; hasCookie: boolean }
export type Person = {
  readonly id: number
  readonly country: number
  readonly peak: number
  /** Visits of one person, in order of time. */
  readonly visits: readonly Visit[]
}

/** One person's life with us, as `replay-world.ts` says it. */
export function live(random: Dice, id: number, days: number, offices: readonly (readonly string[])[]): Person {
  const country = anyCountry(random)
  const home = providerIn(random, country, 'home')
  const carrier = providerIn(random, country, 'mobile')
  const office = random.chance(2 / 3) ? (offices[country]?.[random.below(officesEach)] ?? null) : null
  const vpn = random.chance(1 / 16)
  const secretive = random.chance(1 / 14)
  const perDay = 0.2 + random.unit() * 1.3
  const peak = 8 + random.below(12)
  const computer: Device = { agent: computerAgent(random), lag: random.below(14), hasCookie: false }
  const phone: Device | null = random.chance(0.8)
    ? { agent: phoneAgent(random), lag: random.below(30), hasCookie: false }
    : null
  let homeAddress = addressOf(random, home)
  let trip: { until: number; country: number; local: string } | null = null
  const visits: Visit[] = []

  function whereFrom(onPhone: boolean, atWork: boolean): string {
    if (vpn && random.chance(0.4)) return addressOf(random, providerIn(random, anyCountry(random), 'hosting'))
    if (onPhone && random.chance(0.5)) return addressOf(random, carrier, true)
    if (trip !== null) return trip.local
    if (random.chance(1 / 16)) return addressOf(random, providerIn(random, country, 'home'))
    return office !== null && atWork ? office : homeAddress
  }

  for (let day = random.chance(1 / 3) ? random.below(days) : 0; day < days; day++) {
    if (random.chance(1 / 21)) homeAddress = addressOf(random, home)
    for (const device of [computer, phone])
      if (device !== null && random.chance(1 / 730)) {
        device.hasCookie = false
        device.agent = device === phone ? phoneAgent(random) : computerAgent(random)
      }
    if (trip !== null && day >= trip.until) trip = null
    if (trip === null && random.chance(2 / 180)) {
      const to = random.chance(0.4) ? anyCountry(random) : country
      trip = { until: day + 3 + random.below(8), country: to, local: addressOf(random, providerIn(random, to, 'home')) }
    }
    const times = Math.floor(perDay) + (random.chance(perDay % 1) ? 1 : 0)
    for (const hour of Array.from({ length: times }, () => hourOf(random, peak)).sort((a, b) => a - b)) {
      const onPhone = phone !== null && random.chance(0.4)
      const own = onPhone ? phone : computer
      const foreign = random.chance(1 / 30)
      if (random.chance(1 / 60)) own.hasCookie = false
      const major = majorOn(day, own.lag)
      const zone = countries[trip?.country ?? country]?.zone ?? 0
      visits.push({
        person: id,
        at: new Date(startMs + day * dayMs + (hour - zone) * 3_600_000),
        address: whereFrom(onPhone, day % 7 < 5 && Math.abs(hour - 13) < 5),
        userAgent: (foreign ? anyAgent(random) : own.agent)(major),
        known: !foreign && !secretive && own.hasCookie,
        failures: random.chance(0.1) ? 1 : 0,
      })
      if (!foreign && !secretive) own.hasCookie = true
    }
  }
  return { id, country, peak, visits: visits.sort((a, b) => a.at.getTime() - b.at.getTime()) }
}

/** Local time, about the person's habit. */
export function hourOf(random: Dice, peak: number): number {
  if (random.chance(1 / 12)) return random.unit() * 24
  return (peak + (random.unit() + random.unit() + random.unit() - 1.5) * 6 + 24) % 24
}

const officesEach = 12

/** By country, places of work with one address each; one in six leaves through another country. */
export function makeOffices(random: Dice): string[][] {
  return countries.map((_, at) =>
    Array.from({ length: officesEach }, () =>
      random.chance(1 / 6)
        ? addressOf(random, providerIn(random, anyCountry(random), 'hosting'))
        : addressOf(random, providerIn(random, at, 'home')),
    ),
  )
}
