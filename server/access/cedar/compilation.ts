import type { Evaluation, Slots } from './evaluation.ts'
import type { Result } from './failure.ts'
import { isPlainObject, member } from './from-json.ts'
import { limits } from './limits.ts'
import { PolicyRefused, ValueRefused } from './refusal.ts'

export type Run = (evaluation: Evaluation) => Result

/** An expression that was compiled. */
export type Node = {
  readonly run: Run
  /** Its result where that is always the same; a failure is one too. */
  readonly constant?: Result
  /** Where it reads a variable, or an attribute of one at any depth: the same text for the same question. */
  readonly path?: string
}

/** What the expressions of one policy share while they are compiled. */
export class Compilation {
  readonly policyId: string
  readonly slots: Slots
  readonly #operators: Operators
  expressions = 0
  #depth = 0

  constructor(policyId: string, slots: Slots, operators: Operators) {
    this.policyId = policyId
    this.slots = slots
    this.#operators = operators
  }

  refuse(reason: string): never {
    throw new PolicyRefused(this.policyId, reason)
  }

  /** @throws PolicyRefused where it is no expression, or one too many, or too deep in others. */
  compile(expression: unknown): Node {
    const [name, body] = this.operation(expression)
    const operator =
      this.#operators.get(name) ?? this.refuse(`there is no operator ${JSON.stringify(name.slice(0, 40))}`)
    return this.within(() => operator(body, this))
  }

  /** The one member of an expression: its operator, and what it works on. */
  operation(expression: unknown): readonly [name: string, body: unknown] {
    const entries = isPlainObject(expression) ? Object.entries(expression) : []
    const [entry] = entries
    if (entry === undefined || entries.length > 1) this.refuse('an expression has one member, the operator')
    return entry
  }

  within<T>(compile: () => T): T {
    this.count()
    if (++this.#depth > limits.expressionDepth) {
      this.refuse(`expressions stand in one another more than ${limits.expressionDepth} levels deep`)
    }
    const compiled = compile()
    this.#depth--
    return compiled
  }

  count(): void {
    if (++this.expressions > limits.expressionsOfPolicy) {
      this.refuse(`it has more than ${limits.expressionsOfPolicy} expressions`)
    }
  }

  /** The members of an object that has these and no others. */
  members<N extends string>(
    json: unknown,
    names: readonly N[],
    optional: readonly string[] = [],
  ): Readonly<Record<N, unknown>> & Readonly<Record<string, unknown>> {
    if (!isPlainObject(json)) this.refuse(`an object with ${names.join()} is wanted`)
    for (const name of names) if (member(json, name) === undefined) this.refuse(`${name} is missing`)
    for (const name of Object.keys(json)) {
      if (!(names as readonly string[]).includes(name) && !optional.includes(name)) {
        this.refuse(`there is a member ${JSON.stringify(name.slice(0, 40))} beside ${names.join()}`)
      }
    }
    return json as Readonly<Record<N, unknown>>
  }

  /** Reads with a function that throws ValueRefused, and says whose policy it was. */
  reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof ValueRefused) this.refuse(error.reason)
      throw error
    }
  }
}

/** Compiles what stands beside the operator's name. */
export type Operator = (body: unknown, compilation: Compilation) => Node
export type Operators = ReadonlyMap<string, Operator>

export const constantNode = (constant: Result): Node => ({ run: () => constant, constant })

/** What always gives the same is evaluated now. Its parts are constant and so never look at the evaluation. */
export function folded(run: Run, parts: readonly Node[]): Node {
  return parts.every((part) => part.constant !== undefined) ? constantNode(run(undefined as never)) : { run }
}
