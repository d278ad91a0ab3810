import type { Compilation, Node, Run } from './compilation.ts'
import { entityFromJson, isPlainObject, member } from './from-json.ts'
import { allOf, not } from './operators-logic.ts'
import type { EntityUid } from './values.ts'
import { isEntityType } from './values.ts'

/** What a scope says of principal or resource. */
export type EntityConstraint = {
  readonly equals?: EntityUid
  readonly type?: string
  readonly within?: EntityUid
}

/** What a scope says of the action; null is any. */
export type ActionConstraint = { readonly equals: EntityUid } | { readonly within: readonly EntityUid[] } | null

export type Policy = {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly principal: EntityConstraint
  readonly action: ActionConstraint
  readonly resource: EntityConstraint
  /** Null where it always holds. */
  readonly condition: Run | null
  /** Where the condition never holds, and never fails: the policy can't count for anything. */
  readonly idle: boolean
}

/** What stands for the slots of a template; null for a static policy, which has none. */
export type SlotValues = ReadonlyMap<string, EntityUid> | null

/** @throws PolicyRefused */
export function compilePolicy(json: unknown, values: SlotValues, compilation: Compilation): Policy {
  const policy = compilation.members(json, ['effect', 'principal', 'action', 'resource', 'conditions'], ['annotations'])
  if (policy.effect !== 'permit' && policy.effect !== 'forbid') compilation.refuse('it neither permits nor forbids')
  checkAnnotations(member(policy, 'annotations'), compilation)
  const condition = conditionOf(policy.conditions, compilation)
  return {
    id: compilation.policyId,
    effect: policy.effect,
    principal: entityConstraint(policy.principal, '?principal', values, compilation),
    action: actionConstraint(policy.action, compilation),
    resource: entityConstraint(policy.resource, '?resource', values, compilation),
    condition: condition.constant === true ? null : condition.run,
    idle: condition.constant === false,
  }
}

/** Names of the slots in a scope, of a template whose shape was not looked at yet. */
export function slotsOf(json: unknown): readonly string[] {
  const scopes = isPlainObject(json) ? [member(json, 'principal'), member(json, 'resource')] : []
  return scopes.flatMap((scope) => {
    if (!isPlainObject(scope)) return []
    const above = member(scope, 'in')
    const slots = [member(scope, 'slot'), isPlainObject(above) ? member(above, 'slot') : undefined]
    return slots.filter((slot) => typeof slot === 'string')
  })
}

function entityConstraint(json: unknown, slot: string, values: SlotValues, compilation: Compilation): EntityConstraint {
  const op = isPlainObject(json) ? member(json, 'op') : undefined
  if (op === 'All' || op === 'all') {
    compilation.members(json, ['op'])
    return {}
  }
  if (op === '==') return { equals: entityOrSlot(json, ['op'], slot, values, compilation) }
  if (op === 'in') return { within: entityOrSlot(json, ['op'], slot, values, compilation) }
  if (op !== 'is') compilation.refuse('a scope has no such operator')
  const { entity_type: type, in: above } = compilation.members(json, ['op', 'entity_type'], ['in'])
  if (typeof type !== 'string' || !isEntityType(type)) compilation.refuse('that is no type of an entity')
  if (above === undefined || above === null) return { type }
  return { type, within: entityOrSlot(above, [], slot, values, compilation) }
}

function entityOrSlot(
  json: unknown,
  beside: readonly string[],
  slot: string,
  values: SlotValues,
  compilation: Compilation,
): EntityUid {
  if (isPlainObject(json) && member(json, 'slot') !== undefined) {
    const named = compilation.members(json, ['slot'], beside).slot
    if (named !== slot) compilation.refuse('a slot stands where it does not belong')
    return values?.get(slot) ?? compilation.refuse(`nothing is given for ${slot}`)
  }
  const { entity } = compilation.members(json, ['entity'], beside)
  return compilation.reading(() => entityFromJson(entity))
}

function actionConstraint(json: unknown, compilation: Compilation): ActionConstraint {
  const op = isPlainObject(json) ? member(json, 'op') : undefined
  if (op === 'All' || op === 'all') {
    compilation.members(json, ['op'])
    return null
  }
  if (op === '==') return { equals: actionOf(compilation.members(json, ['op', 'entity']).entity, compilation) }
  if (op !== 'in') compilation.refuse('a scope has no such operator')
  if (isPlainObject(json) && member(json, 'entities') === undefined) {
    return { within: [actionOf(compilation.members(json, ['op', 'entity']).entity, compilation)] }
  }
  const { entities } = compilation.members(json, ['op', 'entities'])
  if (!Array.isArray(entities)) compilation.refuse('the actions are a list')
  return { within: entities.map((entity: unknown) => actionOf(entity, compilation)) }
}

function actionOf(json: unknown, compilation: Compilation): EntityUid {
  compilation.count()
  const action = compilation.reading(() => entityFromJson(json))
  if (action.type !== 'Action' && !action.type.endsWith('::Action')) {
    compilation.refuse('the type of an action is Action')
  }
  return action
}

/** All conditions from the first to the last: `when` must hold, `unless` must not. */
function conditionOf(json: unknown, compilation: Compilation): Node {
  if (!Array.isArray(json)) compilation.refuse('the conditions are a list')
  return allOf(
    json.map((clause: unknown) => {
      const { kind, body } = compilation.members(clause, ['kind', 'body'])
      if (kind !== 'when' && kind !== 'unless') compilation.refuse('a condition is when or unless')
      const holds = compilation.compile(body)
      return kind === 'when' ? holds : not(holds)
    }),
  )
}

/** They mean nothing to a decision, but what is none is a mistake. */
function checkAnnotations(json: unknown, compilation: Compilation): void {
  if (json === undefined) return
  if (!isPlainObject(json)) compilation.refuse('annotations are an object')
  for (const text of Object.values(json)) {
    if (typeof text !== 'string' && text !== null) compilation.refuse('an annotation is a text')
  }
}
