/** A mapping of the document. */
export type Part = Readonly<Record<string, unknown>>

export type OpenApiDocument = { readonly root: Part; readonly version: '3.0' | '3.1' }

/** The document can not be held to: where, and why. Said to whoever runs the server, at its start. */
export class OpenApiUnusable extends Error {
  constructor(where: string, why: string) {
    super(`${where}: ${why}`)
    this.name = 'OpenApiUnusable'
  }
}

const maxNodes = 200_000
const maxDepth = 100

/**
 * Takes what was read from a file for a document, within bounds.
 *
 * @throws OpenApiUnusable
 */
export function documentOf(value: unknown): OpenApiDocument {
  const root = partOf(value, 'the document')
  const said = String(root.openapi ?? '')
  const version = /^3\.(0|1)\.\d{1,3}$/.exec(said)?.[1]
  if (version === undefined) throw new OpenApiUnusable('openapi', 'is not 3.0.x or 3.1.x')
  let nodes = 0
  const walk = (one: unknown, depth: number): void => {
    if (typeof one !== 'object' || one === null) return
    nodes += 1
    if (depth > maxDepth) throw new OpenApiUnusable('the document', `is nested deeper than ${maxDepth} levels`)
    if (nodes > maxNodes) throw new OpenApiUnusable('the document', `has more than ${maxNodes} parts`)
    for (const inner of Object.values(one)) walk(inner, depth + 1)
  }
  walk(root, 0)
  return { root, version: version === '0' ? '3.0' : '3.1' }
}

export function partOf(value: unknown, where: string): Part {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OpenApiUnusable(where, 'is not a mapping')
  return value as Part
}

export function entriesOf(value: unknown, where: string): [string, unknown][] {
  return value === undefined ? [] : Object.entries(partOf(value, where))
}

const component = /^#\/components\/(?:parameters|requestBodies|responses|headers|pathItems|schemas)\/[^/]+$/

/**
 * Follows `$ref` to the components of the same document, and nowhere else: no file and no address is ever fetched.
 *
 * @throws OpenApiUnusable where it leads elsewhere, to nothing, or in a ring.
 */
export function resolved({ root }: OpenApiDocument, value: unknown, where: string): Part {
  let part = partOf(value, where)
  for (let steps = 0; part.$ref !== undefined; steps++) {
    if (steps > 8) throw new OpenApiUnusable(where, 'refers in a ring')
    if (typeof part.$ref !== 'string' || !component.test(part.$ref))
      throw new OpenApiUnusable(where, 'refers to something else than #/components/… of this document')
    let found: unknown = root
    for (const name of part.$ref.slice(2).split('/').map(unescaped))
      found = Object.hasOwn(partOf(found, where), name) ? (found as Part)[name] : undefined
    if (found === undefined) throw new OpenApiUnusable(where, `refers to ${part.$ref}, which is not there`)
    part = partOf(found, where)
  }
  return part
}

/** RFC 6901 §3, §6. */
export const unescaped = (name: string): string => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
