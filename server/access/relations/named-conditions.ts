import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { RecentMap } from '../../platform/recent-map.ts'
import type { CedarRecord, Compiled, EntityStore } from '../cedar/api.ts'
import { compilePolicies, entityUid, recordFromJson } from '../cedar/api.ts'
import { cedarAddress } from '../cedar-address.ts'
import type { DeclaredContexts } from '../policies/declared-attributes.ts'
import { readDeclared } from '../policies/declared-attributes.ts'
import type { DeclaredAttributes } from '../policies/schema.ts'
import { conditionSchema } from '../policies/schema.ts'
import type { Circumstances } from './api.ts'

/** A condition that a type declares for tuples of its resources to name. */
export type DeclaredCondition = {
  readonly name: string
  /** A Cedar expression over `context` alone. */
  readonly when: string
  /** What a tuple that names it says, all of it: stands under `context.parameters`. */
  readonly parameters: DeclaredAttributes
}

export type NamedCondition = DeclaredCondition & {
  /** Null where it can't be said: the parameters are not those that are declared, or its evaluation fails. */
  holds(circumstances: Circumstances, parameters: Readonly<Record<string, unknown>>): boolean | null
}

const principal = entityUid('Custodia::User', 'somebody')
const action = entityUid('Custodia::Action', 'condition')
const resource = entityUid('Custodia::Resource', 'something')
/** There is nothing but the context to look at. */
const nothing: EntityStore = {
  attributes: () => undefined,
  tags: () => undefined,
  isIn: () => false,
  ancestors: () => [],
}

/**
 * Validates a condition by Cedar, and compiles it as policies are.
 *
 * @param type the type that declares it, as in `inbox:mailbox`.
 * @throws Error that names what is wrong.
 */
export function compileCondition(
  type: string,
  declared: DeclaredCondition,
  contexts: DeclaredContexts,
): NamedCondition {
  const application = type.slice(0, type.indexOf(':'))
  const sent = Object.hasOwn(contexts, application) ? (contexts[application] ?? {}) : {}
  const compiled = compiledOf(declared, sent, `${type}: condition ${declared.name}`)
  return {
    ...declared,
    holds(circumstances, given) {
      const read = readDeclared(declared.parameters, given)
      if ('fault' in read) return null
      const context = new Map(contextOf(circumstances)).set('parameters', recordFromJson(read.values))
      const { decision, errors } = compiled.decide({ principal, action, resource, context }, nothing)
      return errors.length > 0 ? null : decision === 'allow'
    },
  }
}

/** Types share conditions: what is the same is validated and compiled once. */
const known = new RecentMap<Compiled>(100)

function compiledOf({ when, parameters }: DeclaredCondition, sent: DeclaredAttributes, at: string): Compiled {
  const key = JSON.stringify([when, parameters, sent])
  const before = known.get(key)
  if (before !== undefined) return before
  const policies = { staticPolicies: { condition: expressionOf(when, at) } }
  const checked = cedar.validate({ schema: conditionSchema(sent, parameters) as never, policies: policies as never })
  if (checked.type === 'failure') throw new Error(`${at}: ${checked.errors[0]?.message}`)
  // A warning, too: a condition that can never hold is a mistake of whoever declares it.
  const wrong = checked.validationErrors[0] ?? checked.validationWarnings[0]
  if (wrong !== undefined) throw new Error(`${at}: ${wrong.error.message}`)
  const compiled = compilePolicies(policies)
  known.set(key, compiled)
  return compiled
}

/** One expression, and nothing that ends it and begins another policy. */
function expressionOf(when: string, at: string): unknown {
  const parts = cedar.policySetTextToParts(`permit(principal, action, resource) when { ${when}\n};`)
  if (parts.type === 'failure') throw new Error(`${at}: ${parts.errors[0]?.message}`)
  const [text, ...more] = parts.policies
  const read = text === undefined || more.length > 0 ? null : cedar.policyToJson(text)
  const json = read?.type === 'success' ? (read.json as { conditions: readonly { kind: string }[] }) : null
  if (json === null || json.conditions.length !== 1 || json.conditions[0]?.kind !== 'when')
    throw new Error(`${at} is more than one expression`)
  if (readsMore(json.conditions)) throw new Error(`${at} looks at more than the context`)
  return json
}

const readsMore = (json: unknown): boolean =>
  Array.isArray(json)
    ? json.some(readsMore)
    : typeof json === 'object' &&
      json !== null &&
      Object.entries(json).some(([key, value]) => (key === 'Var' ? value !== 'context' : readsMore(value)))

const contexts = new WeakMap<Circumstances, CedarRecord>()

/** Made once for a question, however many conditions it meets. */
function contextOf(circumstances: Circumstances): CedarRecord {
  const known = contexts.get(circumstances)
  if (known !== undefined) return known
  const { nowMs, network, assurance, factors = [], risk = 0, api = false, application } = circumstances
  const made = recordFromJson({
    time: { __extn: { fn: 'datetime', arg: new Date(nowMs).toISOString() } },
    network: { __extn: { fn: 'ip', arg: cedarAddress(network) } },
    ...{ assurance, factors: [...factors], risk, api },
    ...(application === undefined ? {} : { application }),
  })
  contexts.set(circumstances, made)
  return made
}
