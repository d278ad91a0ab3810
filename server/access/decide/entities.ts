import type { Attributes, CedarRecord, EntityStore, EntityUid, Value } from '../cedar/api.ts'
import { entityUid, recordFromJson } from '../cedar/api.ts'
import { entityTypeOf } from '../policies/schema.ts'
import type { Held, Relations, Standing } from '../relations/api.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { findRelation } from '../relations/model.ts'
import { circumstancesOf } from './circumstances.ts'
import { dataClassOf } from './data-class.ts'
import type { Question, What, Who } from './question.ts'

/** Thrown where a decision needs what is not there yet: wait for it, and decide again. */
export class Waiting extends Error {
  readonly until: Promise<unknown>
  constructor(until: Promise<unknown>) {
    super('a decision waits for a relation')
    this.until = until
  }
}

const principalTypes = {
  user: 'Custodia::User',
  service: 'Custodia::Service',
  application: 'Custodia::Application',
} as const

export const principalOf = ({ kind, id }: Who): EntityUid => entityUid(principalTypes[kind], id)
export const actionOf = (permission: string): EntityUid => entityUid('Custodia::Action', permission)

/** The types as Cedar names them: made once for each. */
const cedarTypes = new Map<string, string>()
function cedarType(type: string): string {
  const known = cedarTypes.get(type)
  if (known !== undefined) return known
  const made = entityTypeOf(type)
  cedarTypes.set(type, made)
  return made
}

/** What is not declared is about the organisation as a whole, for whatever is granted there. */
export const resourceOf = ({ type, id }: What, types: ResourceTypes): EntityUid =>
  type === null || !types.has(type) ? entityUid('Custodia::Resource', id) : entityUid(cedarType(type), id)

type Needs = {
  readonly question: Question
  readonly standing: Standing
  readonly types: ResourceTypes
  readonly relations: Relations
  /** From the tables alone. */
  readonly anew: boolean
}

/** What one decision may know: the two that it is about, asked only for what a policy wants. */
export class Entities implements EntityStore {
  readonly #needs: Needs
  readonly principal: EntityUid
  readonly resource: EntityUid
  readonly #above: ReadonlyMap<string, EntityUid>
  readonly #held = new Map<string, Held>()
  #resourceAttributes: Attributes | null = null

  constructor(needs: Needs) {
    this.#needs = needs
    this.principal = principalOf(needs.question.who)
    this.resource = resourceOf(needs.question.what, needs.types)
    const { roles, groups } = needs.standing
    this.#above = new Map(
      [
        ...roles.map((role) => entityUid('Custodia::Role', role)),
        ...groups.map((group) => entityUid('Custodia::Group', group)),
      ].map((uid) => [uid.key, uid]),
    )
  }

  /** What relations answered, by the id of their entity. */
  get held(): ReadonlyMap<string, Held> {
    return this.#held
  }

  attributes(uid: EntityUid): Attributes | undefined {
    const { who, what } = this.#needs.question
    if (uid.key === this.principal.key)
      return new Map<string, Value>([
        ['organisation', who.organisationId],
        ['kind', who.kind],
      ])
    if (uid.key !== this.resource.key) return undefined
    this.#resourceAttributes ??= attributesOf(what, this.#needs.types)
    return this.#resourceAttributes
  }

  tags(): undefined {
    return undefined
  }

  isIn(uid: EntityUid, ancestor: EntityUid): boolean {
    if (uid.key !== this.principal.key) return false
    if (ancestor.type !== 'Custodia::Relation') return this.#above.has(ancestor.key)
    const name = this.#relationOf(ancestor.id)
    if (name === null) return false
    const known = this.#held.get(ancestor.id)
    if (known !== undefined) return known.holds
    const answer = this.#ask(name)
    const keep = (held: Held) => void this.#held.set(ancestor.id, held)
    if (answer instanceof Promise) throw new Waiting(answer.then(keep))
    keep(answer)
    return answer.holds
  }

  ancestors(uid: EntityUid): Iterable<EntityUid> {
    return uid.key === this.principal.key ? this.#above.values() : []
  }

  #ask(relation: string): Held | Promise<Held> {
    const { question, standing, relations, anew } = this.#needs
    const { who, what, facts } = question
    const asked = {
      organisationId: what.organisationId,
      subject: { type: who.kind, id: who.id },
      standing,
      resource: { type: what.type as string, id: what.id },
      relation,
      circumstances: circumstancesOf(facts),
    }
    return anew ? relations.explain(asked) : relations.holds(asked)
  }

  /** A relation of the very resource that is asked about; of any other nothing is known. */
  #relationOf(id: string): string | null {
    const { what } = this.#needs.question
    if (what.type === null) return null
    const prefix = `${what.type}/${what.id}#`
    return id.startsWith(prefix) ? id.slice(prefix.length) : null
  }
}

/** Read by name: the relations of a type are many, and a policy looks at one. */
function attributesOf(what: What, types: ResourceTypes): Attributes {
  const { type, id, organisationId, attributes = {} } = what
  const given: CedarRecord = Object.keys(attributes).length === 0 ? new Map() : recordFromJson(attributes)
  return {
    get(name) {
      if (name === 'organisation') return organisationId
      if (type !== null && findRelation(types, type, name) !== undefined)
        return entityUid('Custodia::Relation', `${type}/${id}#${name}`)
      return given.get(name) ?? (name === 'dataClass' ? dataClassOf(what, types) : undefined)
    },
  }
}
