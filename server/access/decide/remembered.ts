import type { Bus } from '../../platform/cache/cache.ts'
import type { Held, Standing } from '../relations/api.ts'
import type { Question, Verdict } from './question.ts'

/** A decision, and what it stood on: for the log, in which a remembered one is to be decided again as any other. */
type RememberedDecision = {
  readonly verdict: Verdict
  readonly standing: Standing
  readonly held: ReadonlyMap<string, Held>
}

const maxOrganisations = 1_000
const maxEach = 20_000

/**
 * Decisions by organisation, for as long as nothing changed there that was announced, and none of what they were made from has ended. They
 * are not believed while the bus is not healthy, and one that began before an announcement is not kept.
 */
export class Remembered {
  readonly #bus: Bus
  readonly #byOrganisation = new Map<string, Map<string, RememberedDecision>>()
  #generation = 0

  constructor(bus: Bus) {
    this.#bus = bus
  }

  get generation(): number {
    return this.#generation
  }

  get(question: Question): RememberedDecision | undefined {
    if (!this.#bus.healthy()) return undefined
    const found = this.#byOrganisation.get(question.who.organisationId)?.get(keyOf(question))
    return found !== undefined && found.verdict.untilMs > question.facts.nowMs ? found : undefined
  }

  keep(question: Question, decision: RememberedDecision, generation: number): void {
    const { untilMs } = decision.verdict
    if (generation !== this.#generation || !this.#bus.healthy() || untilMs <= question.facts.nowMs) return
    const { organisationId } = question.who
    let known = this.#byOrganisation.get(organisationId)
    if (known === undefined) {
      if (this.#byOrganisation.size >= maxOrganisations) this.#byOrganisation.clear()
      known = new Map()
      this.#byOrganisation.set(organisationId, known)
    }
    if (known.size >= maxEach) known.clear()
    known.set(keyOf(question), decision)
  }

  forget(organisationId: string | null): void {
    this.#generation += 1
    if (organisationId === null) this.#byOrganisation.clear()
    else this.#byOrganisation.delete(organisationId)
  }
}

/**
 * Everything that a decision without policies of an organisation's own looks at, but time, which `untilMs` bounds. Of circumstances only
 * conditions of relations know, and those are of resources with a type.
 */
function keyOf({ who, permission, what, facts }: Question): string {
  const roles = who.roles === undefined ? '' : who.roles.join(' ')
  const about = `${who.kind}\0${who.id}\0${roles}\0${permission}\0${what.organisationId}`
  return what.type === null ? about : `${about}\0${what.type}\0${what.id}\0${facts.address}\0${facts.assurance}`
}
