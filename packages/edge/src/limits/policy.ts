import type { Rate } from './cell-rate.ts'
import { isWhole, mostBurst, mostSeconds, rateOf } from './cell-rate.ts'

/** What a request is for: how dear it is, and how long a server that is under water still answers it. */
export const limitClasses = ['sign-in', 'read', 'write', 'expensive'] as const
export type LimitClass = (typeof limitClasses)[number]

/**
 * What a policy counts by. `address`: IPv4 as it is, IPv6 by /64. `network`: /24 and /56. `route`: everybody together, route by route.
 * All but these three are known only of callers that proved who they are.
 */
export const counted = ['address', 'network', 'route', 'account', 'key', 'organisation'] as const
export type CountedBy = (typeof counted)[number]

export const exceededThere = ['refuse', 'challenge'] as const
export type Exceeded = (typeof exceededThere)[number]

/** True of what is asked before anybody is known. */
export const isKnownOfEverybody = (by: CountedBy): boolean => by === 'address' || by === 'network' || by === 'route'

/** How often something may be done. Data: what decides is `limits.ts`. */
export type Policy = {
  /** Lower-case letters, digits and hyphens, up to 40: what callers are told. */
  readonly name: string
  readonly by: CountedBy
  /** How many may come at once: 1 to 1,000,000. */
  readonly burst: number
  /** In how long they are earned back: 1 to 86,400. */
  readonly perSeconds: number
  /** True where it is only tried: counted and shown, and nobody is refused. */
  readonly dryRun: boolean
  /**
   * What becomes of a request that has no room: it is refused unless said. `challenge`: whoever proves work comes in, so that a route that is
   * attacked stays open to those who pay for it. Only by what is known of everybody: `address`, `network`, `route`.
   */
  readonly exceeded?: Exceeded
  /** Only requests of these classes; all where it is left out. */
  readonly classes?: readonly LimitClass[]
  /** Only these methods, in capitals; HEAD with GET. */
  readonly methods?: readonly string[]
  /** Only this path, or by `/**` at its end all below one. */
  readonly path?: string
  /** Only requests to this application behind the gateway; null for Custodia's own routes. */
  readonly application?: string | null
  /** Only callers of this organisation. */
  readonly organisation?: string
}

/** A request, as far as it matters to which policies it belongs. */
export type Asked = {
  readonly class: LimitClass
  readonly method: string
  readonly path: string
  /** As cells by `route` know it. */
  readonly route: string
  /** Null on Custodia's own routes. */
  readonly application: string | null
}

export const mostPolicies = 50

export function matches(policy: Policy, asked: Asked): boolean {
  if (policy.application !== undefined && policy.application !== asked.application) return false
  if (policy.classes !== undefined && !policy.classes.includes(asked.class)) return false
  if (policy.methods !== undefined && !takes(policy.methods, asked.method)) return false
  return policy.path === undefined || isBelow(policy.path, asked.path)
}

/** Whoever is asked by HEAD does what GET asks for (RFC 9110 §9.3.2). */
const takes = (methods: readonly string[], method: string): boolean =>
  methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))

function isBelow(pattern: string, path: string): boolean {
  const asked = folded(path)
  if (!pattern.endsWith('/**')) return asked === folded(pattern)
  const folder = folded(pattern.slice(0, -3))
  return asked === folder || asked.startsWith(`${folder}/`)
}

/** Some routers take `/Search/` for `/search`: what they would do there is counted with it. */
const folded = (path: string): string =>
  (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path).toLowerCase()

/** What counts while the store is lost: of guesses at sign-in a quarter, since each process then counts alone. */
export function rateWhenLost({ classes, burst, perSeconds }: Policy): Rate {
  const guesses = classes?.length === 1 && classes[0] === 'sign-in'
  return rateOf(guesses ? Math.max(1, Math.floor(burst / 4)) : burst, perSeconds)
}

const known = new Set(['by', 'burst', 'perSeconds', 'dryRun', 'exceeded', 'classes', 'methods', 'path'])
const methodsThere = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * Policies as somebody wrote them: a mapping of name to `{ by, burst, perSeconds, dryRun, exceeded, classes, methods, path }`.
 *
 * @throws Error in words, which begins with `where`.
 */
export function checkPolicies(value: unknown, where: string): readonly Policy[] {
  const entries = Object.entries(mapping(value, where))
  if (entries.length > mostPolicies) throw new Error(`${where} has more than ${mostPolicies} policies`)
  return entries.map(([name, fields]) => checkPolicy(name, fields, where))
}

function checkPolicy(name: string, value: unknown, where: string): Policy {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new Error(`${where}: ${name.slice(0, 40)} is not a name (lower-case letters, digits, hyphens)`)
  const at = `${where}.${name}`
  const fields = mapping(value, at)
  for (const key of Object.keys(fields)) if (!known.has(key)) throw new Error(`${at}.${key.slice(0, 40)} is not known`)
  const { by, burst, perSeconds, dryRun = false, exceeded, classes, methods, path } = fields
  if (!counted.includes(by as CountedBy)) throw new Error(`${at}.by is not one of ${counted.join(', ')}`)
  if (!isWhole(burst, mostBurst)) throw new Error(`${at}.burst is not a whole number from 1 to ${mostBurst}`)
  if (!isWhole(perSeconds, mostSeconds))
    throw new Error(`${at}.perSeconds is not a whole number from 1 to ${mostSeconds}`)
  if (typeof dryRun !== 'boolean') throw new Error(`${at}.dryRun is neither true nor false`)
  return {
    name,
    by: by as CountedBy,
    burst,
    perSeconds,
    dryRun,
    ...(exceeded === undefined ? {} : { exceeded: exceededOf(exceeded, by as CountedBy, at) }),
    ...(classes === undefined ? {} : { classes: someOf(classes, new Set(limitClasses), `${at}.classes`) }),
    ...(methods === undefined ? {} : { methods: someOf(methods, methodsThere, `${at}.methods`) }),
    ...(path === undefined ? {} : { path: pathOf(path, `${at}.path`) }),
  }
}

function exceededOf(value: unknown, by: CountedBy, at: string): Exceeded {
  if (!exceededThere.includes(value as Exceeded))
    throw new Error(`${at}.exceeded is not one of ${exceededThere.join(', ')}`)
  if (value === 'challenge' && !isKnownOfEverybody(by))
    throw new Error(`${at}.exceeded is challenge, which is for policies by address, network or route`)
  return value as Exceeded
}

function someOf<T extends string>(value: unknown, there: ReadonlySet<T>, where: string): readonly T[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every((one) => there.has(one as T)))
    throw new Error(`${where} is not a list of ${[...there].join(', ')}`)
  return [...new Set(value as T[])]
}

function pathOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value.length > 200 || !/^\/[^*?#\\\s]*(?<=\/)(?:\*\*)$|^\/[^*?#\\\s]*$/.test(value))
    throw new Error(`${where} is not a path such as /search or /search/**`)
  return value
}

function mapping(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  return value as Record<string, unknown>
}
