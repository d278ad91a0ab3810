/** A content security policy: names of directives in lower case, each with its source expressions. */
export type Csp = ReadonlyMap<string, readonly string[]>

const maxPolicyLength = 8_192

/**
 * Parses one policy as CSP Level 3 §2.2.1 has it: of a directive that stands twice the first counts, names have no case.
 *
 * @returns null where it is longer than 8,192 characters or holds what no header may: such a one is treated as if it were not there.
 */
export function parseCsp(text: string): Csp | null {
  if (text.length > maxPolicyLength || !/^[\x20-\x7e\t]*$/.test(text)) return null
  const policy = new Map<string, readonly string[]>()
  for (const part of text.split(';')) {
    const [name, ...sources] = part.split(/[\t ]+/).filter((one) => one !== '')
    if (name !== undefined && !policy.has(name.toLowerCase())) policy.set(name.toLowerCase(), sources)
  }
  return policy
}

/** What a header may carry: several policies, each of which holds. */
export function parseCspHeader(value: string | readonly string[] | undefined): readonly Csp[] {
  const lines = value === undefined ? [] : [value].flat()
  return lines
    .flatMap((line) => line.split(','))
    .map(parseCsp)
    .filter((policy) => policy !== null && policy.size > 0) as Csp[]
}

export function serialiseCsp(policy: Csp): string {
  return [...policy].map(([name, sources]) => [name, ...sources].join(' ')).join('; ')
}

/** Adds sources to a policy. A directive that said `'none'` says it no longer; one that was not there begins as `default-src` was. */
export function mergeCsp(policy: Csp, more: Readonly<Record<string, readonly string[]>>): Csp {
  const merged = new Map(policy)
  for (const [name, sources] of Object.entries(more)) {
    const known = merged.get(name) ?? (name.endsWith('-src') ? (merged.get('default-src') ?? []) : [])
    const all = [...new Set([...known.filter((one) => one !== "'none'"), ...sources])]
    merged.set(name, all.length === 0 ? ["'none'"] : all)
  }
  return merged
}

/** 16 random bytes as base64 make a nonce that nobody guesses (CSP Level 3 §8.4 asks for 128 bits). */
export const noncePattern = /^[A-Za-z0-9+/_-]{22,64}={0,2}$/

/**
 * The policy for one reply: whatever carries the nonce runs, and what that loads (`strict-dynamic`); nothing else does.
 *
 * @throws TypeError where it is not a nonce: it would stand in a header.
 */
export function withNonce(policy: Csp, nonce: string): Csp {
  if (!noncePattern.test(nonce)) throw new TypeError('not a nonce')
  const source = `'nonce-${nonce}'`
  const scripts = (policy.get('script-src') ?? policy.get('default-src') ?? []).filter((one) => /^'/.test(one))
  const styles = policy.get('style-src') ?? policy.get('default-src') ?? []
  const own = (sources: readonly string[]) => sources.filter((one) => one !== "'none'" && one !== "'self'")
  return new Map(policy)
    .set('script-src', [...new Set([source, "'strict-dynamic'", ...own(scripts)])])
    .set('style-src', [...new Set([...styles.filter((one) => one !== "'none'"), source])])
}

const guarded = /^'(?:nonce-|sha(?:256|384|512)-)/

/** What a policy says of a directive, by the way that browsers fall back (CSP Level 3 §6.8.3). Null where it says nothing. */
function effective(policy: Csp, ...names: readonly string[]): readonly string[] | null {
  for (const name of names) {
    const sources = policy.get(name)
    if (sources !== undefined) return sources
  }
  return null
}

/**
 * Whether a policy keeps injected markup from running: no script from an inline text that it does not know, none from everywhere, no plug-in, no
 * base address of somebody else. A document in a sandbox without scripts is sound too.
 */
export function isSound(policy: Csp): boolean {
  const sandbox = policy.get('sandbox')
  if (sandbox !== undefined && !sandbox.some((one) => one.toLowerCase() === 'allow-scripts')) return true
  const bases = policy.get('base-uri')
  const isNone = (sources: readonly string[] | null) => sources?.every((one) => one.toLowerCase() === "'none'") === true
  if (bases === undefined || !bases.every((one) => /^'(?:none|self)'$/i.test(one))) return false
  if (!isNone(effective(policy, 'object-src', 'default-src'))) return false
  const scripts = [
    effective(policy, 'script-src-elem', 'script-src', 'default-src'),
    effective(policy, 'script-src-attr', 'script-src', 'default-src'),
    effective(policy, 'script-src', 'default-src'),
    effective(policy, 'worker-src', 'child-src', 'script-src', 'default-src'),
  ]
  return scripts.every((sources) => sources !== null && sources.length <= 50 && holdsScripts(sources))
}

function holdsScripts(sources: readonly string[]): boolean {
  const lower = sources.map((one) => one.toLowerCase())
  const named = lower.some((one) => guarded.test(one))
  const dynamic = named && lower.includes("'strict-dynamic'")
  if (lower.includes("'unsafe-inline'") && !named) return false
  if (lower.includes("'unsafe-eval'") || lower.includes("'unsafe-hashes'")) return false
  // A scheme or a star lets everybody's scripts in, unless `strict-dynamic` has browsers pass over them.
  return dynamic || !lower.some((one) => one === '*' || one.includes('*') || /^[a-z][a-z0-9+.-]*:$/.test(one))
}
