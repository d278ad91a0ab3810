import type { Bus } from '../../platform/cache/cache.ts'
import { RecentMap } from '../../platform/recent-map.ts'
import type { Held, Question, Standing } from './api.ts'
import type { Answer } from './hold.ts'

const maxAnswers = 50_000
const maxOrganisations = 10_000

type Entry = { readonly generation: number; readonly answer: Answer }

/**
 * Answers, remembered until something in them ends, a change of the organisation is announced, or the bus is not healthy. An answer that
 * began before an announcement is not kept.
 */
export class Answers {
  readonly #bus: Bus
  readonly #entries: RecentMap<Entry>
  /** The number of the last change of an organisation. */
  readonly #changed = new Map<string, number>()
  #changedAll = 0
  #generation = 0

  constructor(bus: Bus, max = maxAnswers) {
    this.#bus = bus
    this.#entries = new RecentMap(max)
  }

  get size(): number {
    return this.#entries.size
  }

  get(question: Question): Held | undefined {
    if (!this.#bus.healthy()) return undefined
    const key = keyOf(question)
    const answer = this.#live(key, question)
    if (answer?.circumstantial !== true) return answer
    return this.#live(key + circumstancesOf(question), question)
  }

  async fill(question: Question, ask: () => Promise<Answer>): Promise<Held> {
    const generation = this.#generation
    const answer = await ask()
    if (generation < this.#lastChange(question.organisationId) || !this.#bus.healthy()) return answer
    const key = keyOf(question)
    this.#entries.set(key, { generation, answer })
    if (answer.circumstantial) this.#entries.set(key + circumstancesOf(question), { generation, answer })
    return answer
  }

  /** `null` forgets everything. */
  forget(organisationId: string | null): void {
    this.#generation += 1
    if (organisationId === null || this.#changed.size >= maxOrganisations) {
      this.#changed.clear()
      this.#entries.clear()
      this.#changedAll = this.#generation
    }
    if (organisationId !== null) this.#changed.set(organisationId, this.#generation)
  }

  #live(key: string, { organisationId, circumstances }: Question): Answer | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.generation < this.#lastChange(organisationId)) return undefined
    return circumstances.nowMs < entry.answer.untilMs ? entry.answer : undefined
  }

  #lastChange(organisationId: string): number {
    return this.#changed.get(organisationId) ?? this.#changedAll
  }
}

// None of the parts has a line break in it: identifiers are printable ASCII.
const keyOf = ({ organisationId, subject, standing, resource, relation }: Question): string =>
  `${organisationId}\n${subject.type}\n${subject.id}\n${subject.relation ?? ''}\n${resource.type}\n${resource.id}\n${relation}\n${textOf(standing)}`

const circumstancesOf = ({ circumstances }: Question): string =>
  `\n${circumstances.network ?? ''}\n${circumstances.assurance}`

const texts = new WeakMap<Standing, string>()

/** What a standing is, as text; made once for each that is remembered elsewhere. */
function textOf(standing: Standing): string {
  const known = texts.get(standing)
  if (known !== undefined) return known
  const text = JSON.stringify([standing.roles, standing.groups, standing.untilMs])
  texts.set(standing, text)
  return text
}
