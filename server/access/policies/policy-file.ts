import cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { Finding } from './finding.ts'
import { lineAt, PolicyFileError } from './finding.ts'
import { limits } from './limits.ts'
import { compiledId, writtenId } from './policy-id.ts'
import type { PolicyTest } from './policy-tests.ts'
import { readTests } from './policy-tests.ts'
import { actionsOf } from './scope.ts'

/** One policy of a file. */
export type FilePolicy = {
  /** As its annotation `@id` says. */
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  /** As it stands in the file. */
  readonly text: string
  /** Cedar's JSON form, as text. */
  readonly json: string
  /** Permissions that its scope names; null where it names none, and so means all. */
  readonly actions: readonly string[] | null
  /** Where it begins in the file: its line, and its place in UTF-16 units. */
  readonly line: number
  readonly start: number
}

export type PolicyFile = { readonly policies: readonly FilePolicy[]; readonly tests: readonly PolicyTest[] }

/** As in `no-nights`. The colon and the slash are for built-in policies and for files of others. */
const idPattern = /^[a-z0-9][a-z0-9._-]{0,99}$/
/**
 * Reads a policy file (docs/specs/policy-file.md). Only in a worker: text that is nested deeply enough breaks Cedar's WebAssembly for
 * good, for everybody who uses the same instance.
 *
 * @throws PolicyFileError
 */
export function readPolicyFile(text: string): PolicyFile {
  if (Buffer.byteLength(text) > limits.text) throw new PolicyFileError(`it has more than ${limits.text} bytes`)
  if (!text.isWellFormed()) throw new PolicyFileError('it is no Unicode text')
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure') {
    const [first] = parts.errors
    const start = first?.sourceLocations?.[0]
    const expected = start?.label == null ? '' : ` (${start.label})`
    const message = `${first?.message ?? 'Cedar can’t read it'}${expected}`
    throw new PolicyFileError(message.slice(0, 500), start === undefined ? null : lineAt(text, start.start))
  }
  if (parts.policy_templates.length > 0)
    throw new PolicyFileError('templates (?principal, ?resource) are of no use here: nobody links them')
  if (parts.policies.length > limits.policies)
    throw new PolicyFileError(`there are more than ${limits.policies} policies`)
  const policies = parts.policies.map((one) => readPolicy(one, text)).sort((a, b) => a.line - b.line)
  const ids = new Set<string>()
  for (const { id, line } of policies) {
    if (ids.has(id)) throw new PolicyFileError(`there are two policies with @id("${id}")`, line)
    ids.add(id)
  }
  return { policies, tests: readTests(text) }
}

function readPolicy(policy: string, whole: string): FilePolicy {
  const start = Math.max(0, whole.indexOf(policy))
  const line = whole.slice(0, start).split('\n').length
  const answer = cedar.policyToJson(policy)
  if (answer.type === 'failure') throw new PolicyFileError(answer.errors[0]?.message ?? 'Cedar can’t read it', line)
  const { json } = answer
  const id = json.annotations?.id ?? ''
  if (!idPattern.test(id))
    throw new PolicyFileError('a policy has @id("…") of lower-case letters, digits, dots, hyphens, at most 100', line)
  return {
    id,
    effect: json.effect,
    text: policy,
    json: JSON.stringify(json),
    actions: actionsOf(json.action),
    line,
    start,
  }
}

/** Whom Cedar's finding is about, and where in the file. */
export function findingOf(
  file: PolicyFile,
  whole: string,
  {
    policyId,
    error,
  }: { policyId: string; error: { message: string; help: string | null; sourceLocations?: { start: number }[] } },
): Finding {
  const policy = file.policies.find(({ id }) => compiledId(id) === policyId)
  const start = error.sourceLocations?.[0]?.start
  const line = policy === undefined ? null : policy.line + (start === undefined ? 0 : lineAt(policy.text, start) - 1)
  const message = error.message.replaceAll(`\`${policyId}\``, `\`${writtenId(policyId)}\``).slice(0, 1_000)
  return {
    policy: policy?.id ?? null,
    message,
    help: error.help?.slice(0, 500) ?? null,
    line: whole === '' ? null : line,
  }
}
