import type { CertificateRule } from './client-certificates.ts'
import { checkCertificateRule } from './client-certificates.ts'

/** What a request needs. Rules are asked in order; the first that fits decides, and where none fits the answer is no. */
export type Rule = {
  readonly methods: ReadonlySet<string> | null
  readonly pattern: readonly string[]
  /** The pattern as a lax reader sees it; see `readsOtherwise`. */
  readonly lax: readonly string[]
  /** Null where anybody may, signed in or not. */
  readonly permission: string | null
  /** How lately a factor must have been proven, in seconds; null where the session is enough. */
  readonly freshSeconds: number | null
  /** What the session must have proven beyond a password; null where nothing more. */
  readonly assurance: Assurance | null
  /** Whether the whole request must be signed with an API key (RFC 9421): no session and no bearer token is enough then. */
  readonly signed: boolean
  /** Whose certificate the connection must have been opened with; null where it does not matter. */
  readonly clientCertificate: CertificateRule | null
}

const assurances = ['two-factors', 'phishing-resistant'] as const
type Assurance = (typeof assurances)[number]

/** The first rule that fits; null where none does. HEAD is allowed wherever GET is (RFC 9110 §9.3.2). */
export function ruleFor(rules: readonly Rule[], method: string, path: string): Rule | null {
  return first(rules, method, path.split('/'), 'pattern')
}

/**
 * Some servers, Express among them, take `/Admin/` for `/admin`. True where such a one would serve under an earlier rule that asks
 * for something else than the rule which fits to the letter.
 */
export function readsOtherwise(rules: readonly Rule[], method: string, path: string, rule: Rule): boolean {
  const lax = first(rules, method, laxSegments(path), 'lax')
  return (
    lax !== null &&
    (lax.permission !== null || lax.clientCertificate !== null) &&
    (lax.permission !== rule.permission ||
      lax.freshSeconds !== rule.freshSeconds ||
      lax.assurance !== rule.assurance ||
      lax.signed !== rule.signed ||
      lax.clientCertificate?.text !== rule.clientCertificate?.text)
  )
}

function first(rules: readonly Rule[], method: string, segments: readonly string[], as: 'pattern' | 'lax') {
  const asked = method === 'HEAD' ? 'GET' : method
  return rules.find((rule) => (rule.methods === null || rule.methods.has(asked)) && fits(rule[as], segments)) ?? null
}

/** In lower case, and without a slash at the end. */
export function laxSegments(path: string): readonly string[] {
  const lower = path.toLowerCase()
  return (lower.length > 1 && lower.endsWith('/') ? lower.slice(0, -1) : lower).split('/')
}

/** `*` stands for one segment, `**` at the end for any number, none included. */
export function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (part === '**') return segments.length >= index
    const segment = segments[index]
    if (segment === undefined || (part === '*' ? segment === '' : part !== segment)) return false
  }
  return pattern.length === segments.length
}

const methodNames = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * @param where the path of the setting, for messages.
 * @throws Error in words where a rule is not one, or names a permission that the application does not declare.
 */
export function compileRules(value: unknown, where: string, permissions: ReadonlySet<string>): readonly Rule[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 200)
    throw new Error(`${where} is not a list of 1 to 200 rules`)
  return value.map((rule: unknown, index) => compileRule(rule, `${where}[${index}]`, permissions))
}

function compileRule(value: unknown, where: string, permissions: ReadonlySet<string>): Rule {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not a mapping`)
  const {
    methods,
    path,
    permission,
    public: open,
    freshSeconds = null,
    assurance = null,
    signed,
    clientCertificate,
    ...rest
  } = value as Record<string, unknown>
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) throw new Error(`${where}.${unknown} is not known`)
  if (typeof path !== 'string' || !/^\/[^?#]*$/.test(path) || /\*\*./.test(path))
    throw new Error(`${where}.path is not a path such as /messages/*/labels or /assets/**`)
  const named = (list: unknown) =>
    Array.isArray(list) && list.length > 0 && list.every((one) => methodNames.has(one as string))
  // A rule for no method would fit nothing, and what it is meant to guard would fall to the next one.
  if (methods !== undefined && !named(methods))
    throw new Error(`${where}.methods is not a list of ${[...methodNames].join(', ')}`)
  if ((open === true) === (permission !== undefined))
    throw new Error(`${where} needs either permission or public: true`)
  if (permission !== undefined && !permissions.has(permission as string))
    throw new Error(`${where}.permission is not one of the application's permissions`)
  if (open === true && (freshSeconds !== null || assurance !== null))
    throw new Error(`${where} is public, where nobody has proven anything: leave freshSeconds and assurance out`)
  if (signed !== undefined && signed !== 'required')
    throw new Error(`${where}.signed is not the word required: leave it out where nothing has to be signed`)
  if (signed === 'required' && (open === true || freshSeconds !== null || assurance !== null))
    throw new Error(`${where} takes signed requests, which programs make: leave public, freshSeconds and assurance out`)
  if (
    freshSeconds !== null &&
    !(Number.isInteger(freshSeconds) && Number(freshSeconds) >= 60 && Number(freshSeconds) <= 86_400)
  )
    throw new Error(`${where}.freshSeconds is not a number of seconds from 60 to 86400`)
  if (assurance !== null && !assurances.includes(assurance as Assurance))
    throw new Error(`${where}.assurance is not one of ${assurances.join(', ')}`)
  return {
    methods: methods === undefined ? null : new Set(methods as string[]),
    pattern: path.split('/'),
    lax: laxSegments(path),
    permission: (permission as string | undefined) ?? null,
    freshSeconds: freshSeconds as number | null,
    assurance: assurance as Assurance | null,
    signed: signed === 'required',
    clientCertificate: checkCertificateRule(clientCertificate, `${where}.clientCertificate`),
  }
}
