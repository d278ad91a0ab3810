import type { Known, Schema } from './schema-samples.ts'
import { fits, leavesAt, put, sample, shapesOf, waysTo } from './schema-samples.ts'
import type { Sent } from './send.ts'

type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }
type Declared = {
  readonly parameters?: readonly Parameter[]
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
}
export type Description = { readonly paths: Readonly<Record<string, Readonly<Record<string, Declared>>>> }

/** One place for a string in one operation: the rest of the request is as the description allows. */
export type Input = {
  readonly method: string
  readonly route: string
  /** For a reader, as in `body.scopes[0]` and `path.userId`. */
  readonly place: string
  readonly signedIn: boolean
  request(payload: string): Sent
  /** Whether the description lets this string in there. */
  takes?(payload: string): boolean
}

/**
 * Every string that an operation takes: in its path, its query and its JSON, at any depth, each side of an `anyOf`, names of records
 * included; a body of another kind as a whole.
 *
 * @param known values that exist, by the name of their field, so that a request comes further than a lookup; where one may be
 * used once only, what makes the next.
 */
export function inputsOf(description: Description, known: Known): readonly Input[] {
  const operations = Object.entries(description.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, declared]) => ({ route, method: method.toUpperCase(), declared })),
  )
  return operations.flatMap(({ route, method, declared }) => {
    const parameters = declared.parameters ?? []
    const content = declared.requestBody?.content ?? {}
    const schema = content['application/json']?.schema
    const shapes = schema === undefined ? [undefined] : [...shapesOf(schema)]
    const signedIn = (declared.security ?? []).length > 0
    const declaredAt = (place: string) => parameters.find((each) => `${each.in}.${each.name}` === place)?.schema
    const one = (place: string, given: Record<string, string>, body: unknown, request?: Input['request']): Input => ({
      ...{ method, route, place, signedIn },
      takes: (payload) => fits(declaredAt(place), payload),
      request:
        request ??
        ((payload) => ({
          path: pathOf(route, parameters, known, { ...given, [place]: payload }),
          ...(body === undefined ? {} : { body }),
        })),
    })
    const first = shapes[0] === undefined ? undefined : sample(shapes[0], known)
    const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path.${name}`)
    const queries = parameters.filter((each) => each.in === 'query').map(({ name }) => `query.${name}`)
    const aside = [...names, ...queries].map((place) => one(place, {}, first))
    const inside = shapes.flatMap((shape) => {
      if (shape === undefined) return []
      return waysTo(shape).map((way) => ({
        ...one(
          `body${way.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`,
          {},
          null,
          (payload) => ({
            path: pathOf(route, parameters, known, {}),
            body: put(sample(shape, known, way), way, payload),
          }),
        ),
        takes: (payload: string) => leavesAt(shape, way).some((leaf) => fits(leaf, payload)),
      }))
    })
    const whole = Object.keys(content)
      .filter((type) => type !== 'application/json')
      .map((type) =>
        one('body', {}, null, (text) => {
          const headers = {
            'content-type': type === '*/*' ? 'text/plain' : type,
            'content-disposition': attachment(text),
          }
          return { path: pathOf(route, parameters, known, {}), text, headers }
        }),
      )
    return [...aside, ...inside, ...whole]
  })
}

/** What an operation allows, with nothing in it but what it must have. */
export function sampleRequest(description: Description, method: string, route: string, known: Known): Sent {
  const declared = description.paths[route]?.[method.toLowerCase()] as Declared
  const schema = declared.requestBody?.content['application/json']?.schema
  const path = pathOf(route, declared.parameters ?? [], known, {})
  return schema === undefined ? { path } : { path, body: sample(schema, known) }
}

const attachment = (name: string) => `attachment; filename*=UTF-8''${encodeURIComponent(name.toWellFormed())}.txt`

function pathOf(route: string, parameters: readonly Parameter[], known: Known, given: Record<string, string>): string {
  const schemas = new Map(parameters.map((each) => [`${each.in}.${each.name}`, each.schema]))
  const path = route.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(
      (
        given[`path.${name}`] ?? String(sample(schemas.get(`path.${name}`) ?? { type: 'string' }, known, [], name))
      ).toWellFormed(),
    ),
  )
  const query = new URLSearchParams()
  for (const each of parameters) {
    if (each.in !== 'query') continue
    const value = given[`query.${each.name}`]
    if (value !== undefined) query.set(each.name, value.toWellFormed())
    else if (each.required === true) query.set(each.name, String(sample(each.schema, known, [], each.name)))
  }
  return query.size === 0 ? path : `${path}?${query}`
}
