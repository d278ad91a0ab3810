import type { Compilation, Node, Operator } from './compilation.ts'
import { constantNode, folded } from './compilation.ts'
import type { Result } from './failure.ts'
import { mistyped } from './failure.ts'
import { isPlainObject, member } from './from-json.ts'

/** The operators that decide what else is evaluated: `&&`, `||`, `!`, `if`. */
export const logicOperators: Readonly<Record<string, Operator>> = {
  '&&': (body, compilation) => allOf(operands('&&', body, compilation)),
  '||': (body, compilation) => anyOf(operands('||', body, compilation)),
  '!': (body, compilation) => not(compilation.compile(compilation.members(body, ['arg']).arg)),
  'if-then-else'(body, compilation) {
    const parts = compilation.members(body, ['if', 'then', 'else'])
    const test = compilation.compile(parts.if)
    const yes = compilation.compile(parts.then)
    const no = compilation.compile(parts.else)
    if (test.constant !== undefined) {
      return test.constant === true ? yes : test.constant === false ? no : constantNode(mistyped(test.constant))
    }
    return {
      run(evaluation) {
        const holds = test.run(evaluation)
        return holds === true ? yes.run(evaluation) : holds === false ? no.run(evaluation) : mistyped(holds)
      },
    }
  },
}

const boolean = (result: Result): Result => (typeof result === 'boolean' ? result : mistyped(result))

/** `&&` of any number, from left to right, as far as the first that does not hold. None hold together. */
export function allOf(nodes: readonly Node[]): Node {
  const parts = withoutNeutral(nodes, true)
  const [first, second] = parts
  if (first === undefined) return constantNode(true)
  if (first.constant !== undefined) return constantNode(boolean(first.constant))
  if (parts.length === 1) return { run: (evaluation) => boolean(first.run(evaluation)) }
  if (parts.length === 2 && second !== undefined) {
    return {
      run(evaluation) {
        const left = first.run(evaluation)
        return left === true ? boolean(second.run(evaluation)) : left === false ? false : mistyped(left)
      },
    }
  }
  const runs = parts.map((part) => part.run)
  return {
    run(evaluation) {
      for (const run of runs) {
        const holds = run(evaluation)
        if (holds !== true) return boolean(holds)
      }
      return true
    },
  }
}

/** `||` of any number, from left to right, as far as the first that holds. */
function anyOf(nodes: readonly Node[]): Node {
  const parts = withoutNeutral(nodes, false)
  const [first, second] = parts
  if (first === undefined) return constantNode(false)
  if (first.constant !== undefined) return constantNode(boolean(first.constant))
  if (parts.length === 1) return { run: (evaluation) => boolean(first.run(evaluation)) }
  if (parts.length === 2 && second !== undefined) {
    return {
      run(evaluation) {
        const left = first.run(evaluation)
        return left === false ? boolean(second.run(evaluation)) : left === true ? true : mistyped(left)
      },
    }
  }
  const runs = parts.map((part) => part.run)
  return {
    run(evaluation) {
      for (const run of runs) {
        const holds = run(evaluation)
        if (holds !== false) return boolean(holds)
      }
      return false
    },
  }
}

export const not = (part: Node): Node =>
  folded(
    (evaluation) => {
      const holds = part.run(evaluation)
      return holds === true ? false : holds === false ? true : mistyped(holds)
    },
    [part],
  )

/** Without what changes nothing, and without all behind what always ends the chain. */
function withoutNeutral(nodes: readonly Node[], neutral: boolean): readonly Node[] {
  const left = nodes.filter((node) => node.constant !== neutral)
  const end = left.findIndex((node) => node.constant !== undefined)
  return end < 0 ? left : left.slice(0, end + 1)
}

/**
 * The operands of a whole chain, whichever way it is nested: `(a && b) && c` is `a && (b && c)` with all their errors, since each must
 * be a boolean that is reached. So a long list of alternatives, which JSON nests deeply, is one level.
 */
function operands(name: '&&' | '||', body: unknown, compilation: Compilation): Node[] {
  const found: Node[] = []
  const open: unknown[] = []
  const push = (chain: unknown) => {
    const { left, right } = compilation.members(chain, ['left', 'right'])
    open.push(right, left)
  }
  push(body)
  while (open.length > 0) {
    const expression = open.pop()
    const nested = isPlainObject(expression) ? member(expression, name) : undefined
    if (nested === undefined) {
      found.push(compilation.compile(expression))
    } else {
      compilation.operation(expression)
      compilation.count()
      push(nested)
    }
  }
  return found
}
