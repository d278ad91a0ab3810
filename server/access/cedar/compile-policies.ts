import type { ActionHierarchy, Compiled, Decision, EntityStore, Request } from './api.ts'
import { Compilation } from './compilation.ts'
import type { Policy, SlotValues } from './compile-policy.ts'
import { compilePolicy, slotsOf } from './compile-policy.ts'
import type { Above } from './evaluation.ts'
import { Evaluation, Slots } from './evaluation.ts'
import { entityFromJson, isPlainObject, member, textOf } from './from-json.ts'
import { limits } from './limits.ts'
import { operators } from './operators.ts'
import { PolicyIndex } from './policy-index.ts'
import { PolicyRefused, ValueRefused } from './refusal.ts'
import { Tally } from './tally.ts'
import type { EntityUid } from './values.ts'

/**
 * Compiles policies in Cedar's JSON form. They should have been validated by Cedar before; here, what is not understood is refused,
 * and nothing is passed over.
 *
 * @param policies `{staticPolicies, templates, templateLinks}`, each of them as cedar-wasm takes it, in JSON and not as text. Longs
 * beyond ±(2^53 - 1) must be `bigint`: cedar-wasm's own `policyToJson` rounds them, and a rounded one is refused.
 * @param actions where they are known, policies for a group of actions are found by the action at once.
 * @throws PolicyRefused with the id of the policy.
 */
export function compilePolicies(policies: unknown, actions: ActionHierarchy | null = null): Compiled {
  const slots = new Slots(limits.slots)
  const compiled = new PolicySet(policies, slots).compile()
  const above = aboveActions(actions)
  const index = new PolicyIndex(compiled, above, slots)
  const evaluate = (request: Request, entities: EntityStore): Evaluation =>
    new Evaluation(request, entities, above, slots.count)
  return {
    size: compiled.length,
    decide(request, entities): Decision {
      const evaluation = evaluate(request, entities)
      const tally = new Tally()
      index.visit(evaluation, (entry) => tally.count(entry, evaluation))
      return tally.decision()
    },
    candidates(request, entities) {
      const ids: string[] = []
      index.visit(evaluate(request, entities), (entry) => ids.push(entry.policy.id))
      return ids.sort()
    },
  }
}

function aboveActions(actions: ActionHierarchy | null): Above {
  if (actions === null) return null
  return new Map(actions.map(({ action, ancestors }) => [action.key, new Set(ancestors.map(({ key }) => key))]))
}

/** The parts of a set in JSON, while it is compiled. */
class PolicySet {
  readonly #static: Readonly<Record<string, unknown>>
  readonly #templates: Readonly<Record<string, unknown>>
  readonly #links: readonly unknown[]
  readonly #slots: Slots
  readonly #ids = new Set<string>()
  #expressions = 0

  constructor(json: unknown, slots: Slots) {
    if (!isPlainObject(json)) throw new PolicyRefused(null, 'a set of policies is wanted')
    for (const name of Object.keys(json)) {
      if (!parts.includes(name)) throw new PolicyRefused(null, `a set has ${parts.join(', ')} and nothing else`)
    }
    this.#static = byId(member(json, 'staticPolicies') ?? {}, 'staticPolicies')
    this.#templates = byId(member(json, 'templates') ?? {}, 'templates')
    const links = member(json, 'templateLinks') ?? []
    if (!Array.isArray(links)) throw new PolicyRefused(null, 'templateLinks is a list')
    this.#links = links
    this.#slots = slots
  }

  compile(): readonly Policy[] {
    const ids = [...Object.keys(this.#static), ...Object.keys(this.#templates)]
    if (ids.length + this.#links.length > limits.policies) {
      throw new PolicyRefused(null, `there are more than ${limits.policies}`)
    }
    for (const id of ids) this.#take(id)
    this.#checkTemplates()
    const policies = Object.entries(this.#static).map(([id, policy]) => this.#compile(id, policy, null))
    for (const link of this.#links) policies.push(this.#link(link))
    return policies
  }

  #take(id: string): void {
    refusingAs(id, () => textOf(id))
    if (this.#ids.has(id)) throw new PolicyRefused(id, 'there are two of this id')
    this.#ids.add(id)
  }

  /** Each is compiled with something in its slots, so that a faulty one is refused before anybody links it. */
  #checkTemplates(): void {
    for (const [id, template] of Object.entries(this.#templates)) {
      const slots = slotsOf(template)
      if (slots.length === 0) throw new PolicyRefused(id, 'a template has a slot')
      const values = new Map(slots.map((slot) => [slot, anybody]))
      this.#compile(id, template, values, new Slots(0))
    }
  }

  #compile(id: string, policy: unknown, values: SlotValues, slots = this.#slots): Policy {
    const compilation = new Compilation(id, slots, operators)
    const compiled = compilePolicy(policy, values, compilation)
    this.#expressions += compilation.expressions
    if (this.#expressions > limits.expressions) {
      throw new PolicyRefused(id, `there are more than ${limits.expressions} expressions up to here`)
    }
    return compiled
  }

  #link(json: unknown): Policy {
    const link = isPlainObject(json) ? json : {}
    const [templateId, newId, given] = [member(link, 'templateId'), member(link, 'newId'), member(link, 'values')]
    if (typeof newId !== 'string') throw new PolicyRefused(null, 'a link has a newId')
    this.#take(newId)
    if (Object.keys(link).length !== 3 || typeof templateId !== 'string' || !isPlainObject(given)) {
      throw new PolicyRefused(newId, 'a link has templateId, newId and values')
    }
    const template = member(this.#templates, templateId)
    if (template === undefined) throw new PolicyRefused(newId, 'there is no such template')
    const slots = slotsOf(template)
    const values = new Map<string, EntityUid>()
    for (const [slot, entity] of Object.entries(given)) {
      if (!slots.includes(slot)) throw new PolicyRefused(newId, 'its template has no such slot')
      values.set(
        slot,
        refusingAs(newId, () => entityFromJson(entity)),
      )
    }
    return this.#compile(newId, template, values)
  }
}

const parts = ['staticPolicies', 'templates', 'templateLinks']
const anybody = entityFromJson({ type: 'Anybody', id: '' })

function byId(json: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isPlainObject(json)) throw new PolicyRefused(null, `${name} is an object of policies in JSON by their ids`)
  return json
}

function refusingAs<T>(id: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ValueRefused) throw new PolicyRefused(id, error.reason)
    throw error
  }
}
