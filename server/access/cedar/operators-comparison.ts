import type { Compilation, Node, Operator } from './compilation.ts'
import { folded } from './compilation.ts'
import type { Result } from './failure.ts'
import { Failure, overflow, wrongType } from './failure.ts'
import { textOf } from './from-json.ts'
import type { PatternPart } from './like.ts'
import { compilePattern } from './like.ts'
import type { Long } from './long.ts'
import { add, isLong, multiply, negate, subtract } from './long.ts'
import { not } from './operators-logic.ts'
import type { Value } from './values.ts'
import { CedarSet, Datetime, Duration, EntityUid, equal } from './values.ts'

/** Operators whose operands are both evaluated, the left one first: equality, order, arithmetic, sets; and `like`. */
export const comparisonOperators: Readonly<Record<string, Operator>> = {
  '==': equality,
  '!=': (body, compilation) => not(equality(body, compilation)),
  '<': ordered((left, right) => left < right),
  '<=': ordered((left, right) => left <= right),
  '>': ordered((left, right) => left > right),
  '>=': ordered((left, right) => left >= right),
  '+': arithmetic(add),
  '-': arithmetic(subtract),
  '*': arithmetic(multiply),
  neg: unary((value) => (isLong(value) ? (negate(value) ?? overflow) : wrongType)),
  contains: binary((set, value) => (set instanceof CedarSet ? set.has(value) : wrongType)),
  containsAll: ofSets((left, right) => left.hasAll(right)),
  containsAny: ofSets((left, right) => left.hasAny(right)),
  isEmpty: unary((set) => (set instanceof CedarSet ? set.size === 0 : wrongType)),
  like(body, compilation) {
    const { left, pattern } = compilation.members(body, ['left', 'pattern'])
    const matches = compilePattern(patternParts(pattern, compilation))
    return unaryNode(compilation.compile(left), (text) => (typeof text === 'string' ? matches(text) : wrongType))
  },
}

function equality(body: unknown, compilation: Compilation): Node {
  const [left, right] = operandsOf(body, compilation)
  if (right.constant !== undefined && left.constant === undefined) return equalTo(left, right.constant)
  return binaryNode(left, right, equal)
}

/** Against a literal, which is most comparisons. */
function equalTo(left: Node, literal: Result): Node {
  if (literal instanceof EntityUid) {
    return unaryNode(
      left,
      (value) => value instanceof EntityUid && value.id === literal.id && value.type === literal.type,
    )
  }
  if (typeof literal !== 'object') return unaryNode(left, (value) => value === literal)
  return unaryNode(left, (value) => (literal instanceof Failure ? literal : equal(value, literal)))
}

/** Longs, and two of the extension types; never two of different types. */
function ordered(compare: (left: Long, right: Long) => boolean): Operator {
  return binary((left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return compare(left, right)
    if (isLong(left) && isLong(right)) return compare(left, right)
    if (left instanceof Datetime && right instanceof Datetime) return compare(left.epochMs, right.epochMs)
    if (left instanceof Duration && right instanceof Duration) return compare(left.ms, right.ms)
    return wrongType
  })
}

function arithmetic(calculate: (left: Long, right: Long) => Long | undefined): Operator {
  return binary((left, right) => (isLong(left) && isLong(right) ? (calculate(left, right) ?? overflow) : wrongType))
}

function ofSets(compare: (left: CedarSet, right: CedarSet) => boolean): Operator {
  return binary((left, right) =>
    left instanceof CedarSet && right instanceof CedarSet ? compare(left, right) : wrongType,
  )
}

function unary(apply: (value: Value) => Result): Operator {
  return (body, compilation) => unaryNode(compilation.compile(compilation.members(body, ['arg']).arg), apply)
}

function binary(apply: (left: Value, right: Value) => Result): Operator {
  return (body, compilation) => {
    const [left, right] = operandsOf(body, compilation)
    return binaryNode(left, right, apply)
  }
}

function unaryNode(part: Node, apply: (value: Value) => Result): Node {
  return folded(
    (evaluation) => {
      const value = part.run(evaluation)
      return value instanceof Failure ? value : apply(value)
    },
    [part],
  )
}

/** For the other operators of two operands too. */
export function binaryNode(left: Node, right: Node, apply: (left: Value, right: Value) => Result): Node {
  return folded(
    (evaluation) => {
      const one = left.run(evaluation)
      if (one instanceof Failure) return one
      const other = right.run(evaluation)
      return other instanceof Failure ? other : apply(one, other)
    },
    [left, right],
  )
}

export function operandsOf(body: unknown, compilation: Compilation): readonly [left: Node, right: Node] {
  const { left, right } = compilation.members(body, ['left', 'right'])
  return [compilation.compile(left), compilation.compile(right)]
}

function patternParts(pattern: unknown, compilation: Compilation): readonly PatternPart[] {
  if (!Array.isArray(pattern)) compilation.refuse('a pattern is a list')
  return pattern.map((part: unknown) => {
    compilation.count()
    if (part === 'Wildcard') return null
    const text = compilation.members(part, ['Literal']).Literal
    if (typeof text !== 'string') compilation.refuse('a part of a pattern is no text')
    return compilation.reading(() => textOf(text))
  })
}
