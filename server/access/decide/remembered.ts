import type { Bus } from '../../platform/cache/cache.ts'
import type { Held, Standing } from '../relations/api.ts'
import type { Question, Verdict, Who } from './question.ts'

/** A decision, and what it stood on: for the log, in which a remembered one is to be decided again as any other. */
type RememberedDecision = {
  readonly verdict: Verdict
  readonly standing: Standing
  readonly held: ReadonlyMap<string, Held>
}

/** What is known of one organisation, and about whom. */
type Known = { readonly decisions: Map<string, RememberedDecision>; readonly subjects: Set<string> }

const maxOrganisations = 1_000
const maxEach = 20_000
const maxOfCaller = 1_000

/**
 * Decisions by organisation, for as long as nothing changed there that was announced, and none of what they were made from has ended. They
 * are not believed while the bus is not healthy, and one that began before an announcement is not kept.
 */
export class Remembered {
  readonly #bus: Bus
  readonly #byOrganisation = new Map<string, Known>()
  /** What callers may in their own organisation, by the very object that says who they are. */
  #ofCaller = new WeakMap<Who, Map<string, RememberedDecision>>()
  #generation = 0

  constructor(bus: Bus) {
    this.#bus = bus
  }

  get generation(): number {
    return this.#generation
  }

  get(question: Question): RememberedDecision | undefined {
    if (!this.#bus.healthy()) return undefined
    const { who, permission, what, facts } = question
    const plain = what.type === null && what.organisationId === who.organisationId
    const holds = (one: RememberedDecision | undefined) => one !== undefined && one.verdict.untilMs > facts.nowMs
    const quick = plain ? this.#ofCaller.get(who)?.get(permission) : undefined
    if (holds(quick)) return quick
    const found = this.#byOrganisation.get(who.organisationId)?.decisions.get(keyOf(question))
    if (found === undefined || !holds(found)) return undefined
    if (plain) {
      const decisions = this.#ofCaller.get(who)
      if (decisions === undefined) this.#ofCaller.set(who, new Map([[permission, found]]))
      else if (quick !== undefined || decisions.size < maxOfCaller) decisions.set(permission, found)
    }
    return found
  }

  keep(question: Question, decision: RememberedDecision, generation: number): void {
    const { untilMs } = decision.verdict
    if (generation !== this.#generation || !this.#bus.healthy() || untilMs <= question.facts.nowMs) return
    const { organisationId, id } = question.who
    let known = this.#byOrganisation.get(organisationId)
    if (known === undefined) {
      if (this.#byOrganisation.size >= maxOrganisations) this.#byOrganisation.clear()
      known = { decisions: new Map(), subjects: new Set() }
      this.#byOrganisation.set(organisationId, known)
    }
    if (known.decisions.size >= maxEach) {
      known.decisions.clear()
      known.subjects.clear()
    }
    known.decisions.set(keyOf(question), decision)
    known.subjects.add(id)
  }

  forget(organisationId: string | null): void {
    this.#forgetCallers()
    if (organisationId === null) this.#byOrganisation.clear()
    else this.#byOrganisation.delete(organisationId)
  }

  /** Where it is not said in which organisation: in each that decided about them. */
  forgetSubject(subjectId: string): void {
    this.#forgetCallers()
    for (const [organisationId, { subjects }] of this.#byOrganisation)
      if (subjects.has(subjectId)) this.#byOrganisation.delete(organisationId)
  }

  #forgetCallers(): void {
    this.#generation += 1
    this.#ofCaller = new WeakMap()
  }
}

/**
 * Everything that a decision without policies of an organisation's own looks at, but time, which `untilMs` bounds. Of circumstances only
 * conditions of relations know, and those are of resources with a type.
 */
function keyOf({ who, permission, what, facts }: Question): string {
  // Roles that came with who asks, though they be none, are another question than those that are looked up.
  const roles = who.roles === undefined ? '' : `+${who.roles.map(counted).join('')}`
  const about = `${who.kind} ${counted(who.id)}${counted(roles)}${counted(permission)}${counted(what.organisationId)}`
  if (what.type === null) return about
  return `${about}${counted(what.type)}${counted(what.id)}${facts.address} ${facts.assurance}`
}

/** With its length before it, so that no two lists of texts are one text, whatever is in them. */
const counted = (text: string): string => `${text.length}:${text}`
