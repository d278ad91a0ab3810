import { setting } from '../platform/config/setting.ts'
import { hostName } from '../platform/http/hosts.ts'
import type { PermissionTable } from '../platform/module.ts'
import type { ClientCertificates } from './client-certificates.ts'
import { checkClientCertificates } from './client-certificates.ts'
import type { Edge } from './edge/config.ts'
import { checkEdge } from './edge/config.ts'
import type { Rule } from './rules.ts'
import { compileRules } from './rules.ts'
import type { UpstreamTls } from './upstream-tls.ts'
import { checkUpstreamTls } from './upstream-tls.ts'

/** One protected application, as configured. */
export type Application = {
  readonly name: string
  readonly title: string
  /** Lower case, without port. */
  readonly host: string
  /** Origin of the upstream, as in `http://127.0.0.1:4100`. */
  readonly upstream: string
  /** Null where the upstream is not https. */
  readonly upstreamTls: UpstreamTls | null
  /** Null where its clients prove themselves as those of the listener do, if at all. */
  readonly clientCertificates: ClientCertificates | null
  readonly timeoutSeconds: number
  readonly rules: readonly Rule[]
  readonly permissions: PermissionTable
  /** Its types of resources as they were written: the access module reads them. Null where it has none. */
  readonly resources: unknown
  /** What it declares of the contexts that it sends with questions, likewise. */
  readonly context: unknown
  /** Paths at which it takes webhooks that were verified here; none unless said. */
  readonly webhooks: readonly string[]
  /** Its defences, as far as it says something of them. */
  readonly edge: Edge
}

export const config = {
  applications: setting.structure<readonly Application[]>({
    description: 'The applications behind the gateway, by name.',
    shape:
      'a mapping of name to { title, host, upstream, upstreamTls, clientCertificates, permissions, resources, context, rules, webhooks, edge, timeoutSeconds }',
    example:
      '{ "inbox": { "title": "Inbox", "host": "inbox.localhost", "upstream": "http://127.0.0.1:4100", "permissions": { "inbox:read": "Read mail." }, "rules": [{ "methods": ["GET"], "path": "/**", "permission": "inbox:read" }] } }',
    default: [],
    check: checkApplications,
  }),
  maxSignedBodyBytes: setting.number({
    description:
      'The largest body of a request to an application that is signed, or held to its OpenAPI document: all of it is there and was compared before any of it is passed on.',
    example: '8388608',
    unit: 'bytes',
    default: 1_048_576,
    min: 1_024,
    max: 16_777_216,
  }),
}

export function applicationPermissions(applications: readonly Application[]): PermissionTable {
  return Object.assign({}, ...applications.map((application) => application.permissions)) as PermissionTable
}

export function applicationResources(applications: readonly Application[]): Readonly<Record<string, unknown>> {
  const declared = applications.filter(({ resources }) => resources !== null)
  return Object.fromEntries(declared.map(({ name, resources }) => [name, resources]))
}

export function applicationContexts(applications: readonly Application[]): Readonly<Record<string, unknown>> {
  const declared = applications.filter(({ context }) => context !== null)
  return Object.fromEntries(declared.map(({ name, context }) => [name, context]))
}

const known = new Set([
  'title',
  'host',
  'upstream',
  'upstreamTls',
  'clientCertificates',
  'permissions',
  'resources',
  'context',
  'rules',
  'webhooks',
  'edge',
  'timeoutSeconds',
])

function checkApplications(value: unknown): readonly Application[] {
  const applications = Object.entries(record(value, 'it')).map(([name, fields]) => checkApplication(name, fields))
  const hosts = new Set(applications.map((application) => application.host))
  if (hosts.size < applications.length) throw new Error('two applications have the same host')
  return applications
}

function checkApplication(name: string, value: unknown): Application {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name))
    throw new Error(`${name} is not a name (lower-case letters, digits, hyphens)`)
  const fields = record(value, name)
  for (const key of Object.keys(fields)) if (!known.has(key)) throw new Error(`${name}.${key} is not known`)
  const host = hostName(text(fields.host, `${name}.host`))
  if (host === null || host !== fields.host)
    throw new Error(`${name}.host is not a host name in lower case, without port`)
  const permissions = Object.entries(record(fields.permissions ?? {}, `${name}.permissions`)).map(
    ([permission, summary]) => {
      if (!new RegExp(`^${name}:[a-z0-9:-]{1,60}$`).test(permission))
        throw new Error(`${name}.permissions: ${permission} does not begin with ${name}:`)
      return [permission, { summary: text(summary, `${name}.permissions.${permission}`) }] as const
    },
  )
  const timeoutSeconds = fields.timeoutSeconds ?? 30
  if (
    typeof timeoutSeconds !== 'number' ||
    !Number.isInteger(timeoutSeconds) ||
    timeoutSeconds < 1 ||
    timeoutSeconds > 600
  )
    throw new Error(`${name}.timeoutSeconds is not a number of seconds from 1 to 600`)
  const clientCertificates = checkClientCertificates(fields.clientCertificates, `${name}.clientCertificates`)
  const rules = compileRules(fields.rules, `${name}.rules`, new Set(permissions.map(([permission]) => permission)))
  if (clientCertificates === null && rules.some((rule) => rule.clientCertificate !== null))
    throw new Error(
      `${name}.rules ask for certificates of clients: say in ${name}.clientCertificates whose are believed`,
    )
  const upstream = origin(text(fields.upstream, `${name}.upstream`), `${name}.upstream`)
  return {
    name,
    title: text(fields.title ?? name, `${name}.title`),
    host,
    upstream,
    upstreamTls: checkUpstreamTls(fields.upstreamTls, upstream, `${name}.upstreamTls`),
    clientCertificates,
    timeoutSeconds,
    rules,
    permissions: Object.fromEntries(permissions),
    resources: fields.resources ?? null,
    context: fields.context ?? null,
    webhooks: webhookPaths(fields.webhooks ?? [], `${name}.webhooks`),
    edge: checkEdge(fields.edge ?? {}, `${name}.edge`),
  }
}

function webhookPaths(value: unknown, where: string): readonly string[] {
  const plain = (path: unknown) =>
    typeof path === 'string' && path.length <= 200 && /^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)
  if (
    !Array.isArray(value) ||
    value.length > 20 ||
    !value.every((path) => plain(path) && !/\/\.\.?(?:\/|$)/.test(path))
  )
    throw new Error(`${where} is not a list of paths such as /hooks/payments`)
  return value
}

function origin(value: string, where: string): string {
  const url = URL.canParse(value) ? new URL(value) : null
  const plain =
    url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/' && url.search === ''
  if (url === null || !plain || url.username !== '' || url.hash !== '')
    throw new Error(`${where} is not an origin such as http://127.0.0.1:4100`)
  return url.origin
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 200)
    throw new Error(`${where} is missing or not text`)
  return value
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  return value as Record<string, unknown>
}
