import type { Unfit } from '../unfit.ts'
import type { OpenApiDocument, Part } from './document.ts'
import { entriesOf, OpenApiUnusable, partOf, resolved } from './document.ts'
import type { BodyCheck, MediaTable } from './media.ts'
import { declaredFor, essence, isUtf8, mediaTable, unfitOr } from './media.ts'
import type { Parameter, Place, Sent } from './parameters.ts'
import { cookiesOf, parameterOf } from './parameters.ts'
import { piecesOf } from './query.ts'
import type { Schemas } from './schemas.ts'

/** The head of a request, as far as a document speaks of it. */
export type InputHead = {
  /** With its query, as it came. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What becomes of a body: it is passed on unread, held to its declaration as a whole, or not taken. */
export type BodyPlan =
  | { readonly act: 'pass' }
  | { readonly act: 'check'; readonly check: BodyCheck; readonly required: boolean }
  | { readonly act: 'refuse'; readonly unfit: Unfit; readonly mediaType: boolean }

/** One operation of a document, compiled. */
export type Operation = {
  /** As in `POST /orders/{id}`. */
  readonly name: string
  /** @returns the first parameter that does not fit; null where all do. */
  head(head: InputHead, path: ReadonlyMap<string, string>): Unfit | null
  body(headers: InputHead['headers']): BodyPlan
  reply(status: number, headers: InputHead['headers']): BodyPlan
}

export type OperationParts = {
  readonly document: OpenApiDocument
  readonly requests: Schemas
  /** Null where replies are not looked at. */
  readonly replies: Schemas | null
  readonly unknownQuery: 'refuse' | 'pass'
}

/** @throws OpenApiUnusable */
export function operationOf(name: string, operation: Part, shared: unknown, parts: OperationParts): Operation {
  const { document, requests, replies, unknownQuery } = parts
  const parameters = parametersOf(operation, shared, name, parts)
  const names = new Set(parameters.filter(({ place }) => place === 'query').flatMap((one) => [...one.names]))
  for (const one of queryKeys(document, operation)) names.add(one)
  const body =
    operation.requestBody === undefined ? null : resolved(document, operation.requestBody, `${name}.requestBody`)
  const takes = body === null ? null : mediaTable(document, requests, body.content, `${name}.requestBody.content`)
  const answers = replies === null ? null : replyTables(document, replies, operation, name)

  return {
    name,
    head: ({ target, headers }, path) =>
      unfitOr(() => {
        const sent: Sent = {
          query: piecesOf(target),
          path,
          headers,
          cookies: cookiesOf(headers.cookie as string | undefined),
        }
        const unknown = unknownQuery === 'refuse' ? [...sent.query.keys()].find((one) => !names.has(one)) : undefined
        if (unknown !== undefined) return { field: `query.${unknown.slice(0, 100)}`, detail: 'is not known here' }
        for (const parameter of parameters) parameter.check(sent)
        return null
      }),
    body: (headers) => bodyPlan(takes, body?.required === true, headers),
    reply: (status, headers) => (answers === null ? pass : replyPlan(answers, status, headers)),
  }
}

const pass: BodyPlan = { act: 'pass' }
const refuse = (field: string, detail: string, mediaType = false): BodyPlan => ({
  act: 'refuse',
  unfit: { field, detail },
  mediaType,
})

/** @param takes what the operation declares; null where it has no body. */
export function bodyPlan(takes: MediaTable | null, required: boolean, headers: InputHead['headers']): BodyPlan {
  const length = headers['content-length']
  const has = headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0)
  if (!has) return required ? refuse('body', 'is missing') : pass
  if (takes === null) return refuse('body', 'is not taken here')
  const type = headers['content-type']
  if (typeof type !== 'string') return refuse('header.content-type', 'is missing', true)
  const found = declaredFor(takes, essence(type))
  if (found === undefined) return refuse('header.content-type', 'is not one that is taken here', true)
  if (found === null) return pass
  // What is packed is read by the application only: nobody could say here what it holds.
  if (headers['content-encoding'] !== undefined) return refuse('header.content-encoding', 'is not taken here', true)
  if (!isUtf8(type)) return refuse('header.content-type', 'names another charset than UTF-8', true)
  return { act: 'check', check: found, required }
}

type ReplyTables = ReadonlyMap<string, MediaTable>

function replyTables(document: OpenApiDocument, schemas: Schemas, operation: Part, name: string): ReplyTables {
  return new Map(
    entriesOf(operation.responses, `${name}.responses`).map(([status, value]) => {
      const where = `${name}.responses.${status}`
      const key = status.toUpperCase()
      if (!/^(?:[1-5]\d\d|[1-5]XX|DEFAULT)$/.test(key)) throw new OpenApiUnusable(where, 'is not a status')
      const { content } = resolved(document, value, where)
      return [key, mediaTable(document, schemas, content, `${where}.content`)] as const
    }),
  )
}

function replyPlan(tables: ReplyTables, status: number, headers: InputHead['headers']): BodyPlan {
  // The client has the rest already (RFC 9110 §15.4.5).
  if (status === 304) return pass
  const table = tables.get(String(status)) ?? tables.get(`${Math.floor(status / 100)}XX`) ?? tables.get('DEFAULT')
  if (table === undefined) return refuse('status', `${status} is not declared`)
  if (status === 204 || headers['content-length'] === '0') return pass
  const type = headers['content-type']
  if (typeof type !== 'string') return table.size === 0 ? pass : refuse('header.content-type', 'is missing')
  const found = declaredFor(table, essence(type))
  if (found === undefined) return refuse('header.content-type', 'is not declared')
  if (found === null) return pass
  if (headers['content-encoding'] !== undefined) return refuse('header.content-encoding', 'can not be looked into')
  return { act: 'check', check: found, required: false }
}

/** Parameters of the path, but for those that the operation says again (OpenAPI 3.1.1 §4.8.9). */
function parametersOf(
  operation: Part,
  shared: unknown,
  name: string,
  { document, requests }: OperationParts,
): Parameter[] {
  const found = new Map<string, Parameter>()
  for (const [list, where] of [
    [shared, `${name}: the path's parameters`],
    [operation.parameters, `${name}.parameters`],
  ] as const) {
    if (list === undefined) continue
    if (!Array.isArray(list)) throw new OpenApiUnusable(where, 'is not a list')
    for (const [i, one] of list.entries()) {
      const parameter = parameterOf(document, requests, one, `${where}.${i}`)
      if (parameter !== null) found.set(`${parameter.place} ${parameter.name}`, parameter)
    }
  }
  return [...found.values()].sort((a, b) => order.indexOf(a.place) - order.indexOf(b.place))
}

const order: readonly Place[] = ['path', 'query', 'header', 'cookie']

/** Names in a query that are keys by the document's security schemes. */
function queryKeys(document: OpenApiDocument, operation: Part): string[] {
  const components = document.root.components
  const schemes = components === undefined ? undefined : partOf(components, 'components').securitySchemes
  const asked = operation.security ?? document.root.security
  const names = (Array.isArray(asked) ? asked : []).flatMap((one) => Object.keys(one as object))
  return entriesOf(schemes, 'components.securitySchemes')
    .filter(([name]) => names.includes(name))
    .map(([name, value]) => resolved(document, value, `components.securitySchemes.${name}`))
    .filter((scheme) => scheme.type === 'apiKey' && scheme.in === 'query')
    .map((scheme) => String(scheme.name))
}
