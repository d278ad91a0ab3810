import { refuse } from '../errors.ts'
import type { Giver, ResourceId, Tuple } from './api.ts'
import type { HoldServices } from './hold.ts'
import { holdToGive } from './hold.ts'
import type { Relation } from './model.ts'
import { readKey } from './tuples.ts'

type Place = Pick<Tuple, 'resource' | 'relation' | 'subject'>

/**
 * Says who may write which tuples, and until when at most, with what they have before the change. Somebody may write a tuple
 *
 * 1. who may, by their roles, do everywhere all that it could bring;
 * 2. who manages the resource (the relation that its type names as `manage`);
 * 3. who has everything that it brings on that resource, where the type has no managers or the relation is `reshare`; never where it says
 *    what the resource's parents are, or where having it takes something away.
 *
 * What they have must hold whatever the network and the session: a condition can't be passed on.
 */
export class Rights {
  readonly #services: HoldServices
  readonly #organisationId: string
  readonly #giver: Giver
  /** Until when a relation is theirs; 0 where it is not. */
  readonly #theirs = new Map<string, Promise<number>>()

  constructor(services: HoldServices, organisationId: string, giver: Giver) {
    this.#services = services
    this.#organisationId = organisationId
    this.#giver = giver
  }

  /**
   * @returns until when a tuple of this relation may hold at the most; Infinity where without end.
   * @throws Refusal ACCESS_RELATION_NOT_YOURS_TO_GIVE
   */
  async untilMs(tuple: Place, relation: Relation): Promise<number> {
    const { permissions, standing } = this.#giver
    // Which of their roles allow it is not known here: nothing that they are made of must end before.
    if (relation.gives.length > 0 && relation.gives.every((one) => permissions.has(one))) return standing.untilMs
    const manage = this.#services.types.get(tuple.resource.type)?.manage ?? null
    const managed = manage === null ? 0 : await this.#until(tuple.resource, manage)
    if (managed > 0) return managed
    const holders = (manage === null || relation.reshare) && !relation.structural && !relation.takes
    if (!holders) throw this.#refusal(tuple)
    const theirs = await Promise.all(relation.brings.map((name) => this.#until(tuple.resource, name)))
    const untilMs = Math.min(...theirs)
    if (untilMs <= 0) throw this.#refusal(tuple)
    return untilMs
  }

  /** Taking needs what giving does; but everybody may leave what gives and takes nothing else. */
  async checkRemoval(tuple: Place, relation: Relation): Promise<void> {
    const { type, id, relation: set } = this.#giver.subject
    const { subject } = tuple
    const leaves = set === undefined && subject.relation === undefined && subject.type === type && subject.id === id
    if (!(leaves && !relation.takes)) await this.untilMs(tuple, relation)
  }

  #until(resource: ResourceId, relation: string): Promise<number> {
    const key = readKey(resource.type, resource.id, relation)
    const known = this.#theirs.get(key)
    if (known !== undefined) return known
    const { subject, standing, circumstances } = this.#giver
    const question = { organisationId: this.#organisationId, subject, standing, resource, relation, circumstances }
    const asked = holdToGive(this.#services, question).then((found) => found?.untilMs ?? 0)
    this.#theirs.set(key, asked)
    return asked
  }

  #refusal({ resource, relation }: Place) {
    return refuse('ACCESS_RELATION_NOT_YOURS_TO_GIVE', { type: resource.type, relation })
  }
}
