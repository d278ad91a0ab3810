import type { Question, ResourceId, Step, Subject, Tuple, Unmet } from './api.ts'
import { bothUnmet, outcomeOf } from './conditions.ts'
import type { AllowedSubject, Relation, ResourceTypes, Rewrite } from './model.ts'
import { everyone, findRelation, isResourceType } from './model.ts'
import type { Read } from './tuples.ts'
import { readKey } from './tuples.ts'

/** A way by which a relation holds. */
export type Found = {
  readonly untilMs: number
  /** What is not met on it; only where that was let pass. */
  readonly unmet: Unmet | null
  readonly steps: readonly Step[]
}

/**
 * How conditions count. `actual`: as they are. `strict`: as never met where that grants, and always where that takes away: what somebody
 * has under a condition is nothing to give on. `optimistic`: met, and remembered, where that grants.
 */
export type Mode = 'actual' | 'strict' | 'optimistic'

export type How = {
  readonly mode: Mode
  /** True where the way that lasts longest is wanted, or the one that asks least; false where any will do. */
  readonly exhaustive: boolean
}

type Node = { readonly resource: ResourceId; readonly relation: Relation }
type Verdict = Found | null

/** One walk through the graph: a relation that is asked for while it is being answered counts as it did in the pass before. */
class Pass {
  readonly positive: boolean
  readonly assumed: Map<string, Found>
  readonly verdicts = new Map<string, Verdict>()
  readonly open = new Set<string>()
  readonly returned = new Set<string>()
  grew = false

  constructor(positive: boolean, assumed: Map<string, Found>) {
    this.positive = positive
    this.assumed = assumed
  }
}

/**
 * Answers one question from the tuples that were read. What was not read counts against the answer, and stands in `missing`: a yes is one
 * whatever is missing, a no only where nothing is.
 *
 * Circles of relations have the least answer that fits: passes are repeated until none finds more. Exclusions never depend on themselves
 * (`check-resource-types.ts`), so that what is excluded is settled by itself before it is used.
 */
export class Evaluation {
  readonly missing = new Map<string, Read>()
  /** True where a condition on network or assurance was looked at. */
  circumstantial = false
  /** True where a tuple did not count for its condition alone. */
  sawUnmet = false
  /** The earliest moment at which something that was looked at becomes another. */
  soonestMs = Number.POSITIVE_INFINITY
  #excludesMs = Number.POSITIVE_INFINITY
  /** What excluded, where something did. */
  excludedBy: readonly Step[] = []
  readonly #types: ResourceTypes
  readonly #tuples: ReadonlyMap<string, readonly Tuple[]>
  readonly #question: Question
  readonly #how: How
  readonly #settled = { true: new Map<string, Verdict>(), false: new Map<string, Verdict>() }

  constructor(types: ResourceTypes, tuples: ReadonlyMap<string, readonly Tuple[]>, question: Question, how: How) {
    this.#types = types
    this.#tuples = tuples
    this.#question = question
    this.#how = how
  }

  run(): Verdict {
    const { resource, relation } = this.#question
    return this.#settle(true, (pass) => this.#ask(resource, relation, pass))
  }

  #settle(positive: boolean, ask: (pass: Pass) => Verdict): Verdict {
    const assumed = new Map<string, Found>()
    for (;;) {
      const pass = new Pass(positive, assumed)
      const verdict = ask(pass)
      if (pass.grew && (verdict === null || this.#how.exhaustive)) continue
      if (!pass.grew) for (const [key, one] of pass.verdicts) this.#settled[`${positive}`].set(key, one)
      return verdict
    }
  }

  #ask(resource: ResourceId, name: string, pass: Pass): Verdict {
    const { subject } = this.#question
    const isIt = subject.relation === name && subject.type === resource.type && subject.id === resource.id
    if (isIt) return { untilMs: Number.POSITIVE_INFINITY, unmet: null, steps: [] }
    const relation = findRelation(this.#types, resource.type, name)
    if (relation === undefined) return null
    const key = readKey(resource.type, resource.id, name)
    const known = this.#settled[`${pass.positive}`].get(key) ?? pass.verdicts.get(key)
    if (known !== undefined) return known
    if (pass.open.has(key)) {
      pass.returned.add(key)
      return pass.assumed.get(key) ?? null
    }
    const verdict = this.#isRead(resource, relation)
      ? this.#inside(key, pass, () => this.#rewritten(relation.is, { resource, relation }, pass))
      : unread(pass)
    pass.verdicts.set(key, verdict)
    if (verdict !== null && pass.returned.has(key) && !pass.assumed.has(key)) {
      pass.assumed.set(key, verdict)
      pass.grew = true
    }
    return verdict
  }

  #inside(key: string, pass: Pass, ask: () => Verdict): Verdict {
    pass.open.add(key)
    const verdict = ask()
    pass.open.delete(key)
    return verdict
  }

  #isRead({ type, id }: ResourceId, { reads }: Relation): boolean {
    const unread = reads.filter((relation) => !this.#tuples.has(readKey(type, id, relation)))
    for (const relation of unread) this.missing.set(readKey(type, id, relation), { type, id, relation })
    return unread.length === 0
  }

  #rewritten(rewrite: Rewrite, node: Node, pass: Pass): Verdict {
    switch (rewrite.kind) {
      case 'direct':
        return this.#direct(rewrite.allowed, node, pass)
      case 'computed':
        return after(step(node, 'computed', null), this.#ask(node.resource, rewrite.relation, pass))
      case 'from':
        return this.#fromParents(rewrite.parent, rewrite.relation, node, pass)
      case 'any':
        return this.#best(rewrite.of, (part) => this.#rewritten(part, node, pass))
      case 'all':
        return this.#all(rewrite.of, node, pass)
      case 'except':
        return this.#except(rewrite.base, rewrite.except, node, pass)
    }
  }

  #direct(allowed: readonly AllowedSubject[], node: Node, pass: Pass): Verdict {
    const tuples = this.#tuplesOf(node.resource, node.relation.name, allowed)
    // Who is named is known at once; a subject set has to be looked into.
    const first = tuples.toSorted((a, b) => Number(isSet(a.subject)) - Number(isSet(b.subject)))
    return this.#best(first, (tuple) => {
      const { subject } = tuple
      if (subject.relation === undefined) {
        const untilMs = this.#isNamed(subject)
        return untilMs === null ? null : this.#counted(tuple, untilMs, node, 'direct', pass)
      }
      const counted = this.#counted(tuple, Number.POSITIVE_INFINITY, node, 'direct', pass)
      return counted && joined(counted, this.#ask(subject, subject.relation, pass))
    })
  }

  #fromParents(parent: string, relation: string, node: Node, pass: Pass): Verdict {
    const allowed = findRelation(this.#types, node.resource.type, parent)?.allowed ?? []
    const tuples = this.#tuplesOf(node.resource, parent, allowed).filter(({ subject }) => !isSet(subject))
    return this.#best(tuples, (tuple) => {
      const counted = this.#counted(tuple, Number.POSITIVE_INFINITY, node, 'parent', pass)
      return counted && joined(counted, this.#ask(tuple.subject, relation, pass))
    })
  }

  #all(parts: readonly Rewrite[], node: Node, pass: Pass): Verdict {
    let together: Verdict = null
    for (const part of parts) {
      const one = this.#rewritten(part, node, pass)
      if (one === null) return null
      together = together === null ? one : joined(together, one)
    }
    return together
  }

  #except(base: Rewrite, except: Rewrite, node: Node, pass: Pass): Verdict {
    const found = this.#rewritten(base, node, pass)
    if (found === null) return null
    const soonestMs = this.soonestMs
    this.soonestMs = Number.POSITIVE_INFINITY
    const excluded = this.#settle(!pass.positive, (own) => this.#rewritten(except, node, own))
    // Whatever was looked at may come to exclude; what was settled before was looked at then.
    this.#excludesMs = Math.min(this.#excludesMs, this.soonestMs)
    this.soonestMs = Math.min(soonestMs, this.soonestMs)
    if (excluded === null) return { ...found, untilMs: Math.min(found.untilMs, this.#excludesMs) }
    this.excludedBy = excluded.steps
    return null
  }

  /** The first that holds, or of all the one that lasts longest and asks least. */
  #best<Item>(items: readonly Item[], verdictOf: (item: Item) => Verdict): Verdict {
    let best: Verdict = null
    for (const item of items) {
      const one = verdictOf(item)
      if (one === null) continue
      if (!this.#how.exhaustive) return one
      if (best === null || isBetter(one, best)) best = one
    }
    return best
  }

  /** Tuples of what the type allows now: a kind that was taken out of the configuration gives nothing any more. */
  #tuplesOf({ type, id }: ResourceId, relation: string, allowed: readonly AllowedSubject[]): readonly Tuple[] {
    const tuples = this.#tuples.get(readKey(type, id, relation)) ?? []
    return tuples.filter(({ subject }) => allowed.some((one) => isAllowed(subject, one)))
  }

  /** Until when a tuple about this subject is one about who is asked for; null where it is not. */
  #isNamed({ type, id }: Subject): number | null {
    const { subject, standing } = this.#question
    if (subject.relation === undefined && type === subject.type && (id === subject.id || isEveryone({ type, id })))
      return Number.POSITIVE_INFINITY
    const belongs = type === 'group' ? standing.groups.includes(id) : type === 'role' && standing.roles.includes(id)
    if (!belongs) return null
    this.soonestMs = Math.min(this.soonestMs, standing.untilMs)
    return standing.untilMs
  }

  #counted(tuple: Tuple, untilMs: number, node: Node, rule: Step['rule'], pass: Pass): Verdict {
    const { circumstances } = this.#question
    const { unmet, circumstantial, fleeting, unsaid } = outcomeOf(tuple, circumstances, this.#types)
    // What may be otherwise at any moment is not for any other moment.
    const expiresMs = fleeting ? circumstances.nowMs : (tuple.expiresMs ?? Number.POSITIVE_INFINITY)
    this.soonestMs = Math.min(this.soonestMs, expiresMs, unmet?.notBeforeMs ?? Number.POSITIVE_INFINITY)
    if (circumstantial) this.circumstantial = true
    const found = { untilMs: Math.min(untilMs, expiresMs), unmet: null, steps: [step(node, rule, tuple)] }
    if (this.#how.mode === 'strict') return pass.positive && (circumstantial || unmet !== null) ? null : found
    // What takes away does so, too, where nobody can say whether it should.
    if (unmet === null || (unsaid && !pass.positive)) return found
    if (pass.positive) this.sawUnmet = true
    return this.#how.mode === 'optimistic' && pass.positive ? { ...found, unmet } : null
  }
}

/** Not known yet: no where that would grant, yes where it would take away. */
const unread = ({ positive }: Pass): Verdict =>
  positive ? null : { untilMs: Number.POSITIVE_INFINITY, unmet: null, steps: [] }

const isSet = ({ relation }: Subject): boolean => relation !== undefined

export const isEveryone = ({ type, id }: Subject): boolean => id === everyone && !isResourceType(type)

export const isAllowed = (subject: Subject, allowed: AllowedSubject): boolean =>
  allowed.type === subject.type &&
  allowed.relation === subject.relation &&
  (allowed.everyone === true) === isEveryone(subject)

const step = ({ resource, relation }: Node, rule: Step['rule'], tuple: Tuple | null): Step => ({
  resource: { type: resource.type, id: resource.id },
  relation: relation.name,
  rule,
  tuple,
})

const after = (first: Step, found: Verdict): Verdict => found && { ...found, steps: [first, ...found.steps] }

const joined = (one: Found, other: Verdict): Verdict =>
  other && {
    untilMs: Math.min(one.untilMs, other.untilMs),
    unmet: bothUnmet(one.unmet, other.unmet),
    steps: [...one.steps, ...other.steps],
  }

function isBetter(one: Found, other: Found): boolean {
  const [asked, before] = [one.unmet, other.unmet].map(
    (unmet) => (unmet?.names.length ?? 0) * 10 + (unmet?.assurance ?? 0),
  )
  return asked === before ? one.untilMs > other.untilMs : (asked ?? 0) < (before ?? 0)
}
