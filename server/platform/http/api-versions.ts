import type { Deprecation, Route } from './route.ts'

/** What an operator says of one version: when it was given up, when it ends, whether it is closed now, and why. */
export type VersionSettings = {
  /** As in `2026-11-01`. */
  readonly deprecated?: string
  readonly sunset?: string
  readonly closed?: boolean
  /** For whoever still calls a closed version, as in `It showed more than it should.` */
  readonly reason?: string
}

export type ApiVersions = Readonly<Record<string, VersionSettings>>

/** A number or a date at the beginning of a path, or after a name that a standard puts first: `/v1/…`, `/2026-11-01/…`, `/access/v1/…`. */
const versionPattern = /^(?:\/[a-z]+)?\/(v[1-9][0-9]{0,3}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?:\/|$)/

/** @returns null for what has no version, as `/livez`. */
export const versionOf = (path: string): string | null => versionPattern.exec(path)?.[1] ?? null

/** For the setting. @throws Error that names what is wrong. */
export function checkApiVersions(value: unknown): ApiVersions {
  if (!isRecord(value)) throw new Error('it is not a mapping')
  for (const [version, fields] of Object.entries(value)) {
    if (versionOf(`/${version}`) !== version) throw new Error(`${version} is no version`)
    if (!isRecord(fields)) throw new Error(`${version} is not a mapping`)
    for (const [name, given] of Object.entries(fields)) {
      const check = checks.get(name)
      if (check === undefined) throw new Error(`${version}.${name} is not known`)
      if (!check.holds(given)) throw new Error(`${version}.${name} is not ${check.shape}`)
    }
    const { deprecated, sunset, reason, closed } = fields as VersionSettings
    if (deprecated !== undefined && sunset !== undefined && sunset < deprecated)
      throw new Error(`${version}.sunset comes before ${version}.deprecated`)
    if (reason !== undefined && closed !== true)
      throw new Error(`${version}.reason is for a version with "closed": true`)
  }
  return value as ApiVersions
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 3339 full-date that exists. */
const isDay = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value)

type Check = { readonly holds: (value: unknown) => boolean; readonly shape: string }
const isLine = (value: unknown) => typeof value === 'string' && /^[^\p{Cc}]{1,200}$/u.test(value)

const checks: ReadonlyMap<string, Check> = new Map([
  ['deprecated', { holds: isDay, shape: 'a day, as in 2026-11-01' }],
  ['sunset', { holds: isDay, shape: 'a day, as in 2027-05-01' }],
  ['closed', { holds: (value: unknown) => typeof value === 'boolean', shape: 'true or false' }],
  ['reason', { holds: isLine, shape: 'a line of 1 to 200 characters' }],
])

/** What becomes of the calls of one route. */
export type Lifecycle = {
  /** Null where its path has none. */
  readonly version: string | null
  readonly deprecation: Deprecation | null
  /** Go with every answer. Null where there is nothing to say. */
  readonly headers: Readonly<Record<string, string>> | null
  /** Why it answers no more; null while it does. */
  readonly closed: { readonly version: string; readonly reason?: string } | null
}

/** Joins what a route says of itself with what the operator says of its version: the earlier day counts. */
export function lifecycleOf(route: Pick<Route, 'path' | 'deprecated'>, versions: ApiVersions): Lifecycle {
  const version = versionOf(route.path)
  const said = version === null ? undefined : versions[version]
  const since = earlier(route.deprecated?.since, said?.deprecated)
  const sunset = earlier(route.deprecated?.sunset, said?.sunset)
  const reason = said?.reason === undefined ? {} : { reason: said.reason }
  const closed = version !== null && said?.closed === true ? { version, ...reason } : null
  if (since === undefined && sunset === undefined) return { version, deprecation: null, headers: null, closed }
  const successor = route.deprecated?.successor
  const deprecation: Deprecation = {
    since: since ?? (sunset as string),
    ...(sunset === undefined ? {} : { sunset }),
    ...(successor === undefined ? {} : { successor }),
  }
  return { version, deprecation, headers: headersOf(deprecation), closed }
}

const earlier = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one

/** RFC 9745 §2 (a Date of RFC 9651 §3.3.7), RFC 8594 §3, RFC 5829 §3.2. */
function headersOf({ since, sunset, successor }: Deprecation): Record<string, string> {
  return {
    deprecation: `@${Date.parse(since) / 1_000}`,
    ...(sunset === undefined ? {} : { sunset: new Date(sunset).toUTCString() }),
    ...(successor === undefined ? {} : { link: `<${successor}>; rel="successor-version"` }),
  }
}

/** Versions in the configuration that no route has: a typing error that would leave open what was to be closed. */
export function unknownVersions(versions: ApiVersions, routes: readonly Pick<Route, 'path'>[]): string[] {
  const known = new Set(routes.map(({ path }) => versionOf(path)))
  return Object.keys(versions).filter((version) => !known.has(version))
}
