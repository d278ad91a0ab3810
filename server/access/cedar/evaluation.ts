import type { EntityStore, Request } from './api.ts'
import type { Result } from './failure.ts'
import { noAttribute, noEntity } from './failure.ts'
import type { CedarRecord, EntityUid } from './values.ts'

export type Variable = 'principal' | 'action' | 'resource' | 'context'

/** Who stands above an action, by its key; null where the store is to be asked. */
export type Above = ReadonlyMap<string, ReadonlySet<string>> | null

/** One decision being made: the request, the world, and what was asked of it already. */
export class Evaluation {
  readonly principal: EntityUid
  readonly action: EntityUid
  readonly resource: EntityUid
  readonly #request: Request
  readonly entities: EntityStore
  readonly #above: Above
  /** What was read, by the number of its slot. */
  readonly slots: (Result | undefined)[]

  constructor(request: Request, entities: EntityStore, above: Above, slotCount: number) {
    this.principal = request.principal
    this.action = request.action
    this.resource = request.resource
    this.#request = request
    this.entities = entities
    this.#above = above
    this.slots = new Array<Result | undefined>(slotCount)
  }

  /** Read when a policy asks for it: a request may make it only then. */
  get context(): CedarRecord {
    return this.#request.context
  }

  /** Cedar's `in` of two entities: itself, or above it. No entity has to exist for that. */
  isIn(uid: EntityUid, ancestor: EntityUid): boolean {
    if (uid === ancestor || (uid.id === ancestor.id && uid.type === ancestor.type)) return true
    if (this.#above !== null) {
      const above = this.#above.get(uid.key)
      if (above !== undefined) return above.has(ancestor.key)
      if (uid.key === this.action.key) return false
    }
    return this.entities.isIn(uid, ancestor)
  }

  /** An attribute of one of the four variables. */
  attribute(variable: Variable, name: string): Result {
    return variable === 'context' ? (this.context.get(name) ?? noAttribute) : this.entityAttribute(this[variable], name)
  }

  entityAttribute(uid: EntityUid, name: string): Result {
    const attributes = this.entities.attributes(uid)
    return attributes === undefined ? noEntity : (attributes.get(name) ?? noAttribute)
  }
}

/** Gives out the slots of a set of policies: one for each question that is the same in all of them. */
export class Slots {
  readonly #numbers = new Map<string, number>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get count(): number {
    return this.#numbers.size
  }

  /** @returns asks once in a decision, or each time where all slots are taken. */
  remembered(question: string, ask: (evaluation: Evaluation) => Result): (evaluation: Evaluation) => Result {
    const known = this.#numbers.get(question)
    if (known === undefined && this.#numbers.size >= this.#most) return ask
    const slot = known ?? this.#numbers.size
    this.#numbers.set(question, slot)
    return (evaluation) => {
      const before = evaluation.slots[slot]
      if (before !== undefined) return before
      const answer = ask(evaluation)
      evaluation.slots[slot] = answer
      return answer
    }
  }
}
