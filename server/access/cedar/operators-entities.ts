import type { Compilation, Node, Operator } from './compilation.ts'
import type { Evaluation } from './evaluation.ts'
import type { Result } from './failure.ts'
import { Failure, noAttribute, noEntity, noTag, wrongType } from './failure.ts'
import { textOf } from './from-json.ts'
import { operandsOf } from './operators-comparison.ts'
import { allOf } from './operators-logic.ts'
import type { Value } from './values.ts'
import { CedarSet, EntityUid, isEntityType } from './values.ts'

/** What asks about entities: attributes, tags, membership and type. Attributes of records are here too. */
export const entityOperators: Readonly<Record<string, Operator>> = {
  '.'(body, compilation) {
    const { left, attr } = compilation.members(body, ['left', 'attr'])
    return attributeOf(compilation.compile(left), nameOf(attr, compilation), compilation)
  },
  has(body, compilation) {
    const { left, attr } = compilation.members(body, ['left', 'attr'])
    const names = Array.isArray(attr) ? attr : [attr]
    if (names.length === 0) compilation.refuse('`has` asks for nothing')
    return hasPath(compilation.compile(left), names, compilation)
  },
  getTag: tagOperator((result) => result),
  hasTag: tagOperator((result) => !(result instanceof Failure)),
  in(body, compilation) {
    const [left, right] = operandsOf(body, compilation)
    return memberOf(left, right, compilation)
  },
  is(body, compilation) {
    const { left, entity_type: type, in: above } = compilation.members(body, ['left', 'entity_type'], ['in'])
    if (typeof type !== 'string' || !isEntityType(type)) compilation.refuse('that is no type of an entity')
    const entity = compilation.compile(left)
    const ofType: Node = {
      run(evaluation) {
        const value = entity.run(evaluation)
        if (value instanceof EntityUid) return value.type === type
        return value instanceof Failure ? value : wrongType
      },
    }
    if (above === undefined || above === null) return ofType
    return allOf([ofType, memberOf(entity, compilation.compile(above), compilation)])
  },
}

function nameOf(attr: unknown, compilation: Compilation): string {
  if (typeof attr !== 'string') compilation.refuse('the name of an attribute is no text')
  return compilation.reading(() => textOf(attr))
}

/** The same attribute of the same variable is read once in a decision, by whichever policies. */
function attributeOf(left: Node, name: string, compilation: Compilation): Node {
  const read = (evaluation: Evaluation): Result => {
    const value = left.run(evaluation)
    if (value instanceof EntityUid) return evaluation.entityAttribute(value, name)
    if (value instanceof Map) return value.get(name) ?? noAttribute
    return value instanceof Failure ? value : wrongType
  }
  if (left.path === undefined) return { run: read }
  const path = `${left.path}.${JSON.stringify(name)}`
  return { run: compilation.slots.remembered(path, read), path }
}

function hasAttribute(left: Node, attribute: Node): Node {
  return {
    run(evaluation) {
      const value = left.run(evaluation)
      if (value instanceof Failure) return value
      const found = attribute.run(evaluation)
      if (!(found instanceof Failure)) return true
      // What fails here is the last step alone, as all before it has a value.
      return found === noAttribute || found === noEntity ? false : found
    },
  }
}

/** `a has b.c` is `a has b && a.b has c`. */
function hasPath(start: Node, names: readonly unknown[], compilation: Compilation): Node {
  const steps: Node[] = []
  let left = start
  for (const name of names) {
    compilation.count()
    const attribute = attributeOf(left, nameOf(name, compilation), compilation)
    steps.push(hasAttribute(left, attribute))
    left = attribute
  }
  return allOf(steps)
}

function tagOperator(finish: (result: Result) => Result): Operator {
  return (body, compilation) => {
    const [left, right] = operandsOf(body, compilation)
    return {
      run(evaluation) {
        const entity = left.run(evaluation)
        if (entity instanceof Failure) return entity
        const name = right.run(evaluation)
        if (name instanceof Failure) return name
        if (!(entity instanceof EntityUid) || typeof name !== 'string') return wrongType
        const tags = evaluation.entities.tags(entity)
        return finish(tags === undefined ? noEntity : (tags.get(name) ?? noTag))
      },
    }
  }
}

/**
 * `in` one entity, or any of a set of them. Who is not known is in itself and nothing else. What two variables, or a variable and a
 * literal, say is asked once in a decision: so a long list in a context is gone through once, and not by each policy.
 */
function memberOf(left: Node, right: Node, compilation: Compilation): Node {
  const { constant } = right
  const literal = constant === undefined || constant instanceof Failure ? constant : candidatesOf(constant)
  const ask = (evaluation: Evaluation): Result => {
    const entity = left.run(evaluation)
    if (entity instanceof Failure) return entity
    if (literal !== undefined) return isBelow(evaluation, entity, literal)
    const above = right.run(evaluation)
    return above instanceof Failure ? above : isBelow(evaluation, entity, candidatesOf(above))
  }
  const whom = constant instanceof EntityUid ? constant.key : right.path
  if (left.path === undefined || whom === undefined) return { run: ask }
  return { run: compilation.slots.remembered(`${left.path} in ${whom}`, ask) }
}

function isBelow(evaluation: Evaluation, entity: Value, candidates: readonly EntityUid[] | Failure): Result {
  if (candidates instanceof Failure || !(entity instanceof EntityUid)) {
    return candidates instanceof Failure ? candidates : wrongType
  }
  for (const candidate of candidates) if (evaluation.isIn(entity, candidate)) return true
  return false
}

/** Every element must be an entity, wherever the right one stands. */
function candidatesOf(above: Value): readonly EntityUid[] | Failure {
  if (above instanceof EntityUid) return [above]
  if (!(above instanceof CedarSet)) return wrongType
  const candidates: EntityUid[] = []
  for (const value of above.values()) {
    if (!(value instanceof EntityUid)) return wrongType
    candidates.push(value)
  }
  return candidates
}
