import type { Compilation, Node, Operator } from './compilation.ts'
import { constantNode, folded } from './compilation.ts'
import type { ExtensionFunction } from './extension-functions.ts'
import { extensionFunctions } from './extension-functions.ts'
import { Failure } from './failure.ts'
import { entityFromJson, extensionCall, isPlainObject, member, textOf, valueFromJson } from './from-json.ts'
import type { Value } from './values.ts'
import { CedarSet } from './values.ts'

const variables = ['principal', 'action', 'resource', 'context'] as const

/** Literals, variables, sets, records and calls of extension functions. */
export const valueOperators: Readonly<Record<string, Operator>> = {
  Value: literal,
  Var(body, compilation) {
    const name = variables.find((one) => one === body) ?? compilation.refuse('there are four variables')
    return { run: (evaluation) => evaluation[name], path: name }
  },
  // Cedar takes slots in the scope of a template and nowhere else.
  Slot: (_body, compilation) => compilation.refuse('a slot stands outside of the scope'),
  Set(body, compilation) {
    if (!Array.isArray(body)) return compilation.refuse('a set is a list')
    return setOf(body.map((element) => compilation.compile(element)))
  },
  Record(body, compilation) {
    if (!isPlainObject(body)) return compilation.refuse('a record is an object')
    return recordOf(body, compilation, (expression) => compilation.compile(expression))
  },
  ...Object.fromEntries([...extensionFunctions].map(([name, called]) => [name, callOf(name, called)])),
}

/** A literal may hold calls of extension functions: they are evaluated, and fail, where the literal is reached. */
function literal(json: unknown, compilation: Compilation): Node {
  if (Array.isArray(json)) return setOf(json.map((element) => within(element, compilation)))
  if (!isPlainObject(json)) return constantNode(compilation.reading(() => valueFromJson(json)))
  if (member(json, '__entity') !== undefined) return constantNode(compilation.reading(() => entityFromJson(json)))
  if (member(json, '__extn') !== undefined) return literalCall(json, compilation)
  if (member(json, '__expr') !== undefined) compilation.refuse('__expr is not supported')
  return recordOf(json, compilation, (value) => within(value, compilation))
}

const within = (json: unknown, compilation: Compilation): Node => compilation.within(() => literal(json, compilation))

function literalCall(json: unknown, compilation: Compilation): Node {
  const call = compilation.members(json, ['__extn']).__extn
  const { name, args } = compilation.reading(() => extensionCall(call))
  const called = extensionFunctions.get(name) ?? compilation.refuse(`there is no extension function ${name}`)
  return applied(
    called,
    args.map((arg) => within(arg, compilation)),
  )
}

function callOf(name: string, called: ExtensionFunction): Operator {
  return (body, compilation) => {
    if (!Array.isArray(body) || body.length !== called.arity) return compilation.refuse(`${name} takes ${called.arity}`)
    return applied(
      called,
      body.map((arg) => compilation.compile(arg)),
    )
  }
}

function applied(called: ExtensionFunction, args: readonly Node[]): Node {
  const [first, second] = args
  if (first === undefined) throw new TypeError('every extension function takes something')
  if (second === undefined) {
    return folded((evaluation) => {
      const value = first.run(evaluation)
      return value instanceof Failure ? value : called.apply(value, false)
    }, args)
  }
  return folded((evaluation) => {
    const one = first.run(evaluation)
    if (one instanceof Failure) return one
    const other = second.run(evaluation)
    return other instanceof Failure ? other : called.apply(one, other)
  }, args)
}

function setOf(elements: readonly Node[]): Node {
  return folded((evaluation) => {
    const values: Value[] = []
    for (const element of elements) {
      const value = element.run(evaluation)
      if (value instanceof Failure) return value
      values.push(value)
    }
    return new CedarSet(values)
  }, elements)
}

/** Members are evaluated in the order of their names' bytes, as Cedar does: it decides which error is met first. */
function recordOf(
  json: Readonly<Record<string, unknown>>,
  compilation: Compilation,
  compile: (part: unknown) => Node,
): Node {
  const names = Object.keys(json).map((name) => compilation.reading(() => textOf(name)))
  const fields = names
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => [name, compile(json[name])] as const)
  return folded(
    (evaluation) => {
      const record = new Map<string, Value>()
      for (const [name, field] of fields) {
        const value = field.run(evaluation)
        if (value instanceof Failure) return value
        record.set(name, value)
      }
      return record
    },
    fields.map(([, field]) => field),
  )
}
