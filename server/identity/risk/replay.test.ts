import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { History, Traits } from './history.ts'
import { evidenceOf, learn, noHistory } from './history.ts'
import type { Value } from './network-levels.ts'
import { observe } from './observe.ts'
import type { Places } from './places.ts'
import { noPlaces } from './places.ts'
import type { Person } from './replay-people.ts'
import { dayMs, hourOf, live, makeOffices, startMs } from './replay-people.ts'
import type { Dice, Visit } from './replay-world.ts'
import { addressOf, anyAgent, anyCountry, countries, dice, majorOn, providerIn, worldPlaces } from './replay-world.ts'
import { score } from './score.ts'
import { riskSettings } from './settings.ts'
import type { Spot } from './travel.ts'
import { paceOf } from './travel.ts'

const people = 300
const days = 180
const judgedAfterMs = startMs + 90 * dayMs

/** What the server remembers, without a database: the same pure functions, and a count of everybody. */
class Replay {
  readonly #places: Places
  readonly #all = new Map<string, number>()
  #total = 0
  readonly #histories = new Map<number, { history: History; at: Date; spot: Spot }>()

  constructor(places: Places) {
    this.#places = places
  }

  score(visit: Visit): number {
    const { traits, history, chains } = this.#look(visit)
    const counts = chains.map((chain) => chain.map(({ feature, key }) => this.#all.get(`${feature}:${key}`) ?? 0))
    const failures = { address: visit.failures, account: visit.failures }
    return score(evidenceOf(history, traits, { total: this.#total, counts }, failures)).score
  }

  remember(visit: Visit): void {
    const { traits, history, chains, spot } = this.#look(visit)
    this.#histories.set(visit.person, { history: learn(history, traits), at: visit.at, spot })
    this.#total += 1
    for (const { feature, key } of chains.flat())
      this.#all.set(`${feature}:${key}`, (this.#all.get(`${feature}:${key}`) ?? 0) + 1)
  }

  #look(visit: Visit) {
    const { address, userAgent, at, known, person } = visit
    const { chains, hour, spot } = observe({ address, userAgent, now: at }, this.#places)
    const before = this.#histories.get(person)
    const hours = before === undefined ? 0 : (at.getTime() - before.at.getTime()) / 3_600_000
    const pace = before === undefined ? null : paceOf(before.spot, spot, hours)
    const hashed = (value: Value) => ({ feature: value.feature, hash: value.key, shown: value.shown })
    const traits: Traits = { chains: chains.map((chain) => chain.map(hashed)), hour, known, pace }
    return { traits, chains, spot, history: before?.history ?? noHistory }
  }
}

function naive(random: Dice, { id }: Person, at: Date): Visit {
  const kind = random.chance(0.4) ? 'hosting' : random.chance(0.3) ? 'mobile' : 'home'
  const from = random.chance(0.5) ? anyCountry(random) : random.below(countries.length)
  const address = addressOf(random, providerIn(random, from, kind), kind === 'mobile')
  const day = (at.getTime() - startMs) / dayMs
  const userAgent = anyAgent(random)(majorOn(day, random.below(200)))
  const hour = new Date(Math.floor(at.getTime() / dayMs) * dayMs + random.unit() * dayMs)
  return { person: id, at: hour, address, userAgent, known: false, failures: 0 }
}

function targeted(random: Dice, person: Person, like: Visit): Visit {
  const kind = random.chance(0.3) ? 'mobile' : random.chance(0.2) ? 'hosting' : 'home'
  const address = addressOf(random, providerIn(random, person.country, kind), kind === 'mobile')
  const zone = countries[person.country]?.zone ?? 0
  const at = new Date(Math.floor(like.at.getTime() / dayMs) * dayMs + (hourOf(random, person.peak) - zone) * 3_600_000)
  return { person: person.id, at, address, userAgent: like.userAgent, known: false, failures: 0 }
}

type Scores = { genuine: number[]; naive: number[]; targeted: number[] }

function replay(seed: number, places: Places): Scores {
  const random = dice(seed)
  const offices = makeOffices(random)
  const everybody = Array.from({ length: people }, (_, id) => live(random, id, days, offices))
  const visits = everybody.flatMap(({ visits }) => visits).sort((a, b) => a.at.getTime() - b.at.getTime())
  const server = new Replay(places)
  const scores: Scores = { genuine: [], naive: [], targeted: [] }
  for (const visit of visits) {
    if (visit.at.getTime() >= judgedAfterMs) {
      const person = everybody[visit.person] as Person
      scores.genuine.push(server.score(visit))
      if (random.chance(0.25)) scores.naive.push(server.score(naive(random, person, visit.at)))
      if (random.chance(0.25)) scores.targeted.push(server.score(targeted(random, person, visit)))
    }
    server.remember(visit)
  }
  return scores
}

const share = (scores: readonly number[], from: number): number =>
  scores.filter((one) => one > from).length / scores.length

function table(title: string, scores: Scores): string {
  const cell = (list: readonly number[], from: number) => `${(100 * share(list, from)).toFixed(1)} %`.padStart(9)
  const lines = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3].map(
    (from) =>
      `${from.toFixed(1).padStart(9)} ${cell(scores.genuine, from)} ${cell(scores.naive, from)} ${cell(scores.targeted, from)}`,
  )
  const counts = `${scores.genuine.length} genuine, ${scores.naive.length} naive, ${scores.targeted.length} targeted`
  return [`${title}: ${counts}`, 'ask above   genuine     naive  targeted', ...lines].join('\n')
}

test('at the default threshold one genuine attempt in ten is asked at most, and nearly every attack', (t) => {
  const ask = riskSettings.riskAsk.defaultValue / 10
  const scores = replay(20_160_221, worldPlaces)
  t.diagnostic(table('with databases of countries and networks', scores))
  assert.ok(share(scores.genuine, ask) <= 0.1, `genuine ${share(scores.genuine, ask)}`)
  assert.ok(share(scores.naive, ask) >= 0.95, `naive ${share(scores.naive, ask)}`)
  assert.ok(share(scores.targeted, ask) >= 0.9, `targeted ${share(scores.targeted, ask)}`)
})

test('without any database the same threshold holds', (t) => {
  const ask = riskSettings.riskAsk.defaultValue / 10
  const scores = replay(7, noPlaces)
  t.diagnostic(table('without databases', scores))
  assert.ok(share(scores.genuine, ask) <= 0.1, `genuine ${share(scores.genuine, ask)}`)
  assert.ok(share(scores.naive, ask) >= 0.95, `naive ${share(scores.naive, ask)}`)
  assert.ok(share(scores.targeted, ask) >= 0.9, `targeted ${share(scores.targeted, ask)}`)
})
