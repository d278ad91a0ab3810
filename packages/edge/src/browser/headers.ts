import type { Csp } from './csp.ts'
import { isSound, mergeCsp, noncePattern, parseCspHeader, serialiseCsp, withNonce } from './csp.ts'

/** `strict` holds; `learn` only watches, unless somebody made a learned policy live; `off` says nothing. */
export type Profile = 'strict' | 'learn' | 'off'

/** What an application needs beyond the strict policy. */
export type Allowance = {
  /** More sources, by directive. */
  readonly sources: Readonly<Record<string, readonly string[]>>
  /** False where its scripts still write text into places that run it. */
  readonly trustedTypes: boolean
}

/** What is asked of the headers of one reply. */
export type Wanted = {
  readonly profile: Profile
  readonly allowance: Allowance
  /** The policy that somebody made live; null while there is none. */
  readonly live: Allowance | null
  /** What the application was told, and writes into its own scripts; null where it writes none. */
  readonly nonce: string | null
  /** Whether the page came by https. */
  readonly secure: boolean
  /** Where forms may lead beside the application itself: the sign-in page. */
  readonly signInOrigin: string | null
  /** Path on the same host that takes reports; null where nobody listens. */
  readonly reportPath: string | null
}

/** A reply's headers; names in lower case. */
export type ReplyHeaders = Record<string, string | string[] | undefined>

export const noAllowance: Allowance = { sources: {}, trustedTypes: true }

/** Directives to which sources may be added. */
export const directives = [
  ...['script-src', 'script-src-elem', 'script-src-attr', 'style-src', 'style-src-elem', 'style-src-attr'],
  ...['img-src', 'font-src', 'media-src', 'connect-src', 'frame-src', 'worker-src', 'manifest-src', 'object-src'],
  ...['base-uri', 'form-action', 'frame-ancestors'],
] as const

const self = ["'self'"]
const none = ["'none'"]

/** The strict policy: everything from the own host alone, nothing inline, and no text becomes script. */
export function strictPolicy({ sources, trustedTypes }: Allowance, signInOrigin: string | null): Csp {
  const forms = signInOrigin === null ? self : [...self, signInOrigin]
  const base: Csp = new Map<string, readonly string[]>([
    ['default-src', none],
    ['script-src', self],
    ['style-src', self],
    ['img-src', self],
    ['font-src', self],
    ['media-src', self],
    ['connect-src', self],
    ['frame-src', self],
    ['worker-src', self],
    ['manifest-src', self],
    ['base-uri', none],
    ['form-action', forms],
    ['frame-ancestors', self],
    ...(trustedTypes ? ([['require-trusted-types-for', ["'script'"]]] as const) : []),
  ])
  // `script-src-attr` and its like would otherwise begin with nothing of what `script-src` allows.
  const finer = Object.fromEntries(
    Object.entries(sources).map(([name, more]) => {
      const parent = base.has(name) ? [] : (base.get(name.replace(/-(?:elem|attr)$/, '')) ?? [])
      return [name, name.endsWith('-attr') ? more : [...parent, ...more]]
    }),
  )
  return mergeCsp(base, finer)
}

const endpoint = 'custodia'

/** Where browsers say what they refused. Chromium takes `report-to` by https alone, and where it stands passes over `report-uri`. */
function reporting(policy: Csp, { reportPath, secure }: Wanted): Csp {
  if (reportPath === null || policy.has('report-uri') || policy.has('report-to')) return policy
  const told = new Map(policy).set('report-uri', [reportPath])
  return secure ? told.set('report-to', [endpoint]) : told
}

/** Powerful features that no application has unless it says so itself. */
export const permissionsPolicy = [
  ...['accelerometer', 'browsing-topics', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid'],
  ...['idle-detection', 'magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ')

/**
 * The headers of one reply of an application, as browsers get them. Of what it says itself a policy that is sound stays as it is; one that
 * is not stays beside ours, and both hold. What it says of opener, embedder, referrer and features stands.
 *
 * @param status 304 gets no policy: a browser would put it in the place of the one that came with what it kept.
 */
export function headersFor(reply: ReplyHeaders, status: number, wanted: Wanted): ReplyHeaders {
  const { profile, secure, live } = wanted
  if (profile === 'off' || status === 304) return reply
  const headers: ReplyHeaders = { ...reply }
  const hardens = profile === 'strict' || live !== null
  if (isData(reply['content-type'])) {
    if (hardens) hardenData(headers, wanted)
    return headers
  }
  if (secure) headers['strict-transport-security'] = 'max-age=63072000; includeSubDomains'
  if (wanted.reportPath !== null && secure) headers['reporting-endpoints'] = `${endpoint}="${wanted.reportPath}"`
  const watch = profile === 'learn'
  if (watch) {
    const policy = policyOf(wanted, merged(wanted.allowance, live))
    headers['content-security-policy-report-only'] = both(reply['content-security-policy-report-only'], [policy])
    headers['cross-origin-opener-policy-report-only'] ??= 'same-origin'
    if (live === null) return headers
  }
  return { ...headers, ...hardened(reply, wanted) }
}

/**
 * What no browser shows as a page, nor starts as a worker: an API's replies, above all. Policies of documents say nothing about it, and with
 * `nosniff` it is never taken for one (Fetch §2.2.6).
 */
const data = /^(?:application\/json|image\/(?!svg)[a-z0-9.+-]+|font\/[a-z0-9.+-]+) *(?:;|$)/i
const isData = (type: string | string[] | undefined) => typeof type === 'string' && data.test(type)

function hardenData(headers: ReplyHeaders, { secure, nonce }: Wanted): void {
  if (secure) headers['strict-transport-security'] = 'max-age=63072000; includeSubDomains'
  headers['x-content-type-options'] = 'nosniff'
  headers['cross-origin-resource-policy'] ??= 'same-origin'
  if (nonce !== null) headers['cache-control'] = unshared(headers['cache-control'])
}

function hardened(reply: ReplyHeaders, wanted: Wanted): ReplyHeaders {
  const { allowance, live } = wanted
  const allowed = merged(allowance, live)
  const said = reply['content-security-policy']
  const own = parseCspHeader(said)
  const sound = own.some(isSound)
  const policies = sound ? [...own.map((one) => withReports(one, wanted)), ...framing(own, reply)] : null
  const unrelaxed = Object.keys(allowed.sources).length === 0
  return {
    'content-security-policy': policies ?? both(said, [policyOf(wanted, allowed)]),
    'x-content-type-options': 'nosniff',
    'x-frame-options': reply['x-frame-options'] ?? (sound ? undefined : 'SAMEORIGIN'),
    'referrer-policy': reply['referrer-policy'] ?? 'same-origin',
    'cross-origin-opener-policy': reply['cross-origin-opener-policy'] ?? 'same-origin',
    'cross-origin-resource-policy': reply['cross-origin-resource-policy'] ?? 'same-origin',
    // Whoever loads from elsewhere is not isolated by it, and may not get what it loads.
    'cross-origin-embedder-policy': reply['cross-origin-embedder-policy'] ?? (unrelaxed ? 'require-corp' : undefined),
    'permissions-policy': reply['permissions-policy'] ?? permissionsPolicy,
    ...(wanted.nonce === null ? {} : { 'cache-control': unshared(reply['cache-control']) }),
  }
}

const withReports = (policy: Csp, wanted: Wanted) => serialiseCsp(reporting(policy, wanted))

/** A sound policy that says nothing of who may frame it. */
function framing(own: readonly Csp[], reply: ReplyHeaders): string[] {
  if (own.some((one) => one.has('frame-ancestors')) || reply['x-frame-options'] !== undefined) return []
  return ["frame-ancestors 'self'"]
}

/** A policy without a nonce is the same for every reply of an application: it is written once. */
const written = new WeakMap<Allowance, { readonly about: string; readonly policy: string }>()

function policyOf(wanted: Wanted, allowed: Allowance): string {
  const { nonce, secure, signInOrigin, reportPath } = wanted
  if (nonce !== null && noncePattern.test(nonce))
    return withReports(withNonce(strictPolicy(allowed, signInOrigin), nonce), wanted)
  const about = JSON.stringify([secure, signInOrigin, reportPath])
  const known = written.get(allowed)
  if (known?.about === about) return known.policy
  const policy = withReports(strictPolicy(allowed, signInOrigin), wanted)
  written.set(allowed, { about, policy })
  return policy
}

const both = (said: string | string[] | undefined, ours: string[]) =>
  said === undefined ? ours : [...[said].flat(), ...ours]

/** What was configured and what was made live, together. */
function merged(one: Allowance, two: Allowance | null): Allowance {
  if (two === null) return one
  const names = new Set([...Object.keys(one.sources), ...Object.keys(two.sources)])
  const sources = [...names].map((name) => [
    name,
    [...new Set([...(one.sources[name] ?? []), ...(two.sources[name] ?? [])])],
  ])
  return {
    sources: Object.fromEntries(sources) as Allowance['sources'],
    trustedTypes: one.trustedTypes && two.trustedTypes,
  }
}

/** A nonce is for one reply: a cache that several share would give it to all of them. */
function unshared(said: string | string[] | undefined): string {
  const parts = [said ?? []].flat().join(', ').toLowerCase()
  if (/\bno-store\b/.test(parts)) return parts
  const kept = parts.split(',').map((one) => one.trim())
  const rest = kept.filter((one) => one !== '' && one !== 'public' && one !== 'private' && !one.startsWith('s-maxage'))
  return ['private', ...(rest.length === 0 ? ['no-cache'] : rest)].join(', ')
}
