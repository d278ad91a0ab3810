import type { BrowserHead } from './cross-site.ts'
import { safeMethods } from './cross-site.ts'

/** Which pages of other origins may read, and send, what. As data: whatever is not said is refused. */
export type CorsPolicy = {
  /** `/api/**` for all below, `/feed.json` for one path. */
  readonly path: string
  /** Exact origins, or `*` alone for what anybody may read without credentials. */
  readonly origins: ReadonlySet<string>
  readonly methods: ReadonlySet<string>
  /** Request headers beside those that need no leave; lower case. */
  readonly headers: ReadonlySet<string>
  /** Reply headers that scripts may read. */
  readonly exposed: readonly string[]
  /** Whether cookies count. Without it what changes something and brings some is as if no policy let it in. */
  readonly credentials: boolean
  /** 0 to 7,200: browsers keep no answer for longer. */
  readonly maxAgeSeconds: number
}

export type CorsAnswer =
  /** No page of another origin asks, or none that is let in: nothing is said, and the browser keeps the reply from it. */
  | { readonly kind: 'none' }
  /** A preflight is answered here, with 204, and goes nowhere. */
  | { readonly kind: 'preflight'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'admitted'; readonly origin: string; readonly headers: Readonly<Record<string, string>> }

const known = new Set(['path', 'origins', 'methods', 'headers', 'exposed', 'credentials', 'maxAgeSeconds'])
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
// Fetch §2.2.2 keeps some from scripts anyway; these would let another site speak in the name of the session or of the proxy.
const neverTaken = /^(?:cookie|host|origin|referer|connection|sec-.*|proxy-.*|custodia-.*|x-forwarded-.*|forwarded)$/

/**
 * Reads CORS policies of a configuration.
 *
 * @throws Error in words: for `null` and patterns as origins, for `*` together with credentials, and for whatever is not known.
 */
export function corsPolicies(value: unknown, where: string): readonly CorsPolicy[] {
  if (!Array.isArray(value) || value.length > 20) throw new Error(`${where} is not a list of at most 20 policies`)
  return value.map((one, index) => corsPolicy(one, `${where}[${index}]`))
}

function corsPolicy(value: unknown, where: string): CorsPolicy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  const fields = value as Record<string, unknown>
  for (const name of Object.keys(fields)) if (!known.has(name)) throw new Error(`${where}.${name} is not known`)
  const { path = '/**', credentials = false, maxAgeSeconds = 600 } = fields
  if (typeof path !== 'string' || !/^(?:\/[A-Za-z0-9._~-]+)*(?:\/\*\*|\/)?$/.test(path) || path === '')
    throw new Error(`${where}.path is not a path such as /api/** or /feed.json`)
  if (typeof credentials !== 'boolean') throw new Error(`${where}.credentials is not true or false`)
  if (!Number.isInteger(maxAgeSeconds) || (maxAgeSeconds as number) < 0 || (maxAgeSeconds as number) > 7_200)
    throw new Error(`${where}.maxAgeSeconds is not a number of seconds from 0 to 7200`)
  const origins = texts(fields.origins ?? [], `${where}.origins`)
  for (const origin of origins) if (origin !== '*' && !isOrigin(origin)) throw new Error(noOrigin(origin, where))
  if (origins.length === 0) throw new Error(`${where}.origins names nobody`)
  if (origins.includes('*') && (origins.length > 1 || credentials))
    throw new Error(`${where}: * stands alone, and never together with credentials`)
  const allowed = texts(fields.methods ?? ['GET'], `${where}.methods`)
  for (const method of allowed) if (!methods.has(method)) throw new Error(`${where}.methods: ${method} is not known`)
  if (origins.includes('*') && allowed.some((method) => method !== 'GET' && method !== 'HEAD'))
    throw new Error(`${where}: whoever it is (*) may read, and send nothing; name the origins`)
  const headers = texts(fields.headers ?? [], `${where}.headers`).map((one) => one.toLowerCase())
  const exposed = texts(fields.exposed ?? [], `${where}.exposed`)
  for (const name of [...headers, ...exposed])
    if (name === '*' || !token.test(name) || neverTaken.test(name.toLowerCase()))
      throw new Error(`${where}: the header ${name} can not be named here`)
  return {
    path,
    origins: new Set(origins),
    methods: new Set(allowed),
    headers: new Set(headers),
    exposed,
    credentials,
    maxAgeSeconds: maxAgeSeconds as number,
  }
}

function texts(value: unknown, where: string): readonly string[] {
  if (!Array.isArray(value) || value.length > 50 || value.some((one) => typeof one !== 'string' || one.length > 260))
    throw new Error(`${where} is not a list of at most 50 texts`)
  return value as string[]
}

/** As browsers write it. A star is a letter to the URL parser, and no part of any origin. */
export const isOrigin = (text: string): boolean =>
  /^https?:\/\/[a-z0-9.:[\]-]+$/.test(text) && URL.parse(text)?.origin === text
const noOrigin = (origin: string, where: string) =>
  origin === 'null'
    ? `${where}: null is the origin of every sandbox and every file; nobody is meant by it`
    : `${where}: ${origin} is not an origin such as https://partner.example`

const fits = (pattern: string, path: string) =>
  pattern.endsWith('/**') ? `${path}/`.startsWith(pattern.slice(0, -2)) : path === pattern

/** The first policy for this path that lets the origin in. */
function policyFor(policies: readonly CorsPolicy[], path: string, origin: string): CorsPolicy | null {
  return policies.find((one) => fits(one.path, path) && (one.origins.has('*') || one.origins.has(origin))) ?? null
}

const refused: CorsAnswer = { kind: 'none' }

/**
 * Answers a request by the policies (Fetch, "CORS protocol"). A reply to any request at a place that has policies must say `Vary: Origin`.
 *
 * @param path the one reading of the path that is decided on.
 */
export function cors(policies: readonly CorsPolicy[], head: BrowserHead, path: string): CorsAnswer {
  const { origin } = head.headers
  if (policies.length === 0 || typeof origin !== 'string' || origin === 'null') return refused
  const policy = policyFor(policies, path, origin)
  if (policy === null) return refused
  const wanted = head.headers['access-control-request-method']
  const common = {
    'access-control-allow-origin': policy.origins.has('*') ? '*' : origin,
    ...(policy.credentials ? { 'access-control-allow-credentials': 'true' } : {}),
  }
  if (head.method === 'OPTIONS' && wanted !== undefined) {
    const asked = String(head.headers['access-control-request-headers'] ?? '')
    const names = asked === '' ? [] : asked.split(',').map((one) => one.trim().toLowerCase())
    if (!policy.methods.has(String(wanted)) || names.length > 50 || !names.every((one) => policy.headers.has(one)))
      return refused
    return {
      kind: 'preflight',
      headers: {
        ...common,
        'access-control-allow-methods': [...policy.methods].join(', '),
        ...(policy.headers.size > 0 ? { 'access-control-allow-headers': [...policy.headers].join(', ') } : {}),
        'access-control-max-age': String(policy.maxAgeSeconds),
      },
    }
  }
  if (!policy.methods.has(head.method)) return refused
  // Pages of the same site send cookies with a form whatever we answer: what the policy lets in is nobody's, and not the person whose they are.
  if (!policy.credentials && head.headers.cookie !== undefined && !safeMethods.has(head.method)) return refused
  const exposed = policy.exposed.length > 0 ? { 'access-control-expose-headers': policy.exposed.join(', ') } : {}
  return { kind: 'admitted', origin, headers: { ...common, ...exposed } }
}

/** A reply without what its application says of who may read it: that is for the policies. */
export function withoutCors<Value>(reply: Readonly<Record<string, Value>>): Record<string, Value> {
  const rest: Record<string, Value> = {}
  for (const name in reply) if (!name.startsWith('access-control-')) rest[name] = reply[name] as Value
  return rest
}

/** `Vary` as it is to be said where there are policies: whoever keeps a reply must not give it to a page of another origin. */
export function varyByOrigin(said: string | readonly string[] | undefined): string {
  const names = [said ?? []].flat().join(', ')
  return /(?:^|[\s,])(?:origin|\*)(?:$|[\s,])/i.test(names)
    ? names
    : [...(names === '' ? [] : [names]), 'Origin'].join(', ')
}
