import type { Part } from './document.ts'
import { documentOf, entriesOf, OpenApiUnusable, partOf, resolved } from './document.ts'
import type { Operation, OperationParts } from './operation.ts'
import { operationOf } from './operation.ts'
import { Paths } from './paths.ts'
import { Schemas } from './schemas.ts'

export type CompileOptions = {
  /** Whether replies are held to the document, too. */
  readonly replies: boolean
  /** What becomes of a query parameter that the operation does not name; refused unless said. */
  readonly unknownQuery?: 'refuse' | 'pass'
}

/** The operation that a request asks for, with what stands in its path. */
export type FoundOperation = { readonly operation: Operation; readonly path: ReadonlyMap<string, string> }

export type CompiledOpenApi = {
  readonly operations: number
  /**
   * @param path decoded, in its canonical form.
   * @returns the methods that there are where only the method is not declared; null where the path is not.
   */
  find(method: string, path: string): FoundOperation | readonly string[] | null
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/**
 * Compiles a document (OpenAPI 3.0 or 3.1), once at start: what is in it and can not be held to is said then, and not let through later.
 *
 * @param value the document as it was read from JSON or YAML.
 * @throws OpenApiUnusable with the place and the reason.
 */
export function compileOpenApi(value: unknown, { replies, unknownQuery = 'refuse' }: CompileOptions): CompiledOpenApi {
  const document = documentOf(value)
  const parts: OperationParts = {
    document,
    requests: new Schemas(document, 'request'),
    replies: replies ? new Schemas(document, 'reply') : null,
    unknownQuery,
  }
  const base = basePath(document.root)
  const paths = new Paths<ReadonlyMap<string, Operation>>()
  let operations = 0
  for (const [path, item] of entriesOf(document.root.paths, 'paths')) {
    if (path.startsWith('x-')) continue
    const part = resolved(document, item, `paths.${path}`)
    const found = methods
      .filter((method) => part[method] !== undefined)
      .map((method) => {
        const name = `${method.toUpperCase()} ${path}`
        return [method.toUpperCase(), operationOf(name, partOf(part[method], name), part.parameters, parts)] as const
      })
    operations += found.length
    paths.add(`${base}${path}`, new Map(found))
  }
  if (operations === 0) throw new OpenApiUnusable('paths', 'has no operation')
  return {
    operations,
    find(method, path) {
      const match = paths.find(path)
      if (match === null) return null
      // RFC 9110 §9.3.2: HEAD is GET without the content.
      const operation = match.found.get(method) ?? (method === 'HEAD' ? match.found.get('GET') : undefined)
      return operation === undefined ? [...match.found.keys()].sort() : { operation, path: match.parameters }
    },
  }
}

/** The path of the first server, before every path of the document. */
function basePath(root: Part): string {
  const [first] = Array.isArray(root.servers) ? root.servers : []
  const { url, variables } = first === undefined ? ({} as Part) : partOf(first, 'servers.0')
  if (url === undefined) return ''
  if (variables !== undefined) throw new OpenApiUnusable('servers.0.variables', 'are not read here')
  if (typeof url !== 'string' || !URL.canParse(url, 'http://server'))
    throw new OpenApiUnusable('servers.0.url', 'is not an address')
  return new URL(url, 'http://server').pathname.replace(/\/$/, '')
}
