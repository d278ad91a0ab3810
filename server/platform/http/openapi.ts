import { Problem } from '@custodia/wire/http/common.ts'
import type { TObject } from 'typebox'
import type { ErrorTable } from '../errors.ts'
import type { PermissionTable } from '../module.ts'
import type { ApiVersions, Lifecycle } from './api-versions.ts'
import { lifecycleOf } from './api-versions.ts'
import { httpErrors } from './errors.ts'
import { problemType } from './problem.ts'
import { rawType } from './raw-body.ts'
import type { Route } from './route.ts'

/** One module's part of the document. */
export type DocumentedModule = {
  readonly name: string
  readonly routes: readonly Route[]
  readonly errors: ErrorTable
  /** Left out: none that a route asks for reaches beyond an organisation. */
  readonly permissions?: PermissionTable
}

/** The OpenAPI 3.1 document of what the modules declare: the routes' own schemas, nothing written by hand. */
export function openApiDocument(
  modules: readonly DocumentedModule[],
  version: string,
  serverUrl: string,
  apiVersions: ApiVersions = {},
): object {
  const paths: Record<string, Record<string, object>> = {}
  const permissions: PermissionTable = Object.assign({}, ...modules.map((one) => one.permissions ?? {}))
  for (const { name, routes, errors } of modules) {
    for (const route of routes) {
      const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{rest}')
      const operations = paths[path] ?? {}
      operations[route.method.toLowerCase()] = {
        ...operation(name, route, errors, lifecycleOf(route, apiVersions)),
        ...reachOf(route, permissions),
      }
      paths[path] = operations
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Custodia', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-custodia' },
        key: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

/** `installation`: it answers those of the organisation that operates the installation alone. */
function reachOf({ who }: Route, permissions: PermissionTable): object {
  const reach = typeof who === 'object' ? permissions[who.permission]?.reach : undefined
  return reach === undefined ? {} : { 'x-reach': reach }
}

function operation(
  module: string,
  route: Route,
  errors: ErrorTable,
  { version, deprecation, closed }: Lifecycle,
): object {
  const named = (route.errors ?? []).map((code) => ({ code, ...errors[code] }))
  const statuses = new Map<number, string[]>()
  for (const { code, status } of named)
    if (status !== undefined) statuses.set(status, [...(statuses.get(status) ?? []), code])
  const json = route.replyType === undefined
  const empty = (route.reply as { type?: string }).type === 'null'
  return {
    operationId: `${module}.${route.method.toLowerCase()}${route.path.replace(/[^A-Za-z0-9]+/g, '.').replace(/\.$/, '')}`,
    tags: [module],
    summary: route.summary,
    security:
      route.who === 'anyone' ? [] : route.who === 'signed-in' ? [{ session: [] }] : [{ session: [] }, { key: [] }],
    ...(typeof route.who === 'object' ? { 'x-permission': route.who.permission } : {}),
    ...(version === null ? {} : { 'x-api-version': version }),
    ...(deprecation === null ? {} : { deprecated: true, 'x-deprecation': deprecation }),
    ...(closed === null ? {} : { deprecated: true, 'x-closed': true }),
    'x-limit-class': route.limit,
    'x-sensitive': route.sensitive,
    parameters: [...parameters('path', route.params, pathNames(route.path)), ...parameters('query', route.query, [])],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    // RFC 9110 §8.3 and OpenAPI 3.1 §4.14.1.3: raw bytes have no schema.
    ...(route.rawBody === undefined
      ? {}
      : { requestBody: { required: true, content: { [route.rawBody === true ? rawType : '*/*']: {} } } }),
    responses: {
      [empty ? '204' : '200']: {
        description: 'Done.',
        ...(empty
          ? {}
          : { content: { [json ? 'application/json' : (route.replyType as string)]: { schema: route.reply } } }),
      },
      ...Object.fromEntries([...statuses].map(([status, codes]) => [status, problem(codes.join(', '))])),
      default: problem(Object.keys(httpErrors).join(', ')),
    },
  }
}

const problem = (codes: string) => ({
  description: codes,
  content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
})

const pathNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] as string)

function parameters(where: 'path' | 'query', schema: TObject | undefined, names: readonly string[]): object[] {
  const properties: Record<string, unknown> = schema?.properties ?? {}
  const required = new Set<unknown>((schema as { required?: unknown[] } | undefined)?.required ?? [])
  const all = new Set([...names, ...Object.keys(properties)].filter((name) => name !== '*'))
  return [...all].map((name) => ({
    name,
    in: where,
    required: where === 'path' || required.has(name),
    schema: properties[name] ?? { type: 'string' },
  }))
}
