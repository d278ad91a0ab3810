import { OpenApiUnusable } from './document.ts'

/** A template of the document, as in `/orders/{id}.json`, taken apart. */
type Template<Found> = { readonly segments: readonly Segment[]; readonly found: Found }
type Segment = { readonly before: string; readonly name: string | null; readonly after: string }

/** What a path leads to, and what stands at the places of its parameters. */
export type PathMatch<Found> = { readonly found: Found; readonly parameters: ReadonlyMap<string, string> }

/**
 * The paths of a document. Where several fit, the one that is spelled out further wins (OpenAPI 3.1.1 §4.8.8.2: concrete before
 * templated).
 */
export class Paths<Found> {
  readonly #templates: Template<Found>[] = []

  /** @throws OpenApiUnusable where two parameters stand in one segment, which can be read in several ways. */
  add(path: string, found: Found): void {
    if (!path.startsWith('/') || /[?#]/.test(path)) throw new OpenApiUnusable(`paths.${path}`, 'is not a path')
    const segments = path.split('/').map((text) => segmentOf(text, path))
    const same = this.#templates.some((other) => shapeOf(other.segments) === shapeOf(segments))
    if (same) throw new OpenApiUnusable(`paths.${path}`, 'is the same as another path but for the names in braces')
    this.#templates.push({ segments, found })
    this.#templates.sort((a, b) => (shapeOf(a.segments) < shapeOf(b.segments) ? 1 : -1))
  }

  /** @param path decoded, in its canonical form. */
  find(path: string): PathMatch<Found> | null {
    const parts = path.split('/')
    for (const { segments, found } of this.#templates) {
      if (segments.length !== parts.length) continue
      const parameters = fit(segments, parts)
      if (parameters !== null) return { found, parameters }
    }
    return null
  }
}

function fit(segments: readonly Segment[], parts: readonly string[]): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>()
  for (const [i, { before, name, after }] of segments.entries()) {
    const part = parts[i] as string
    if (name === null) {
      if (part !== before) return null
      continue
    }
    const long = part.length > before.length + after.length
    if (!long || !part.startsWith(before) || !part.endsWith(after)) return null
    parameters.set(name, part.slice(before.length, part.length - after.length))
  }
  return parameters
}

function segmentOf(text: string, path: string): Segment {
  const match = /^([^{}]*)(?:\{([^{}]+)\}([^{}]*))?$/.exec(text)
  if (match === null) throw new OpenApiUnusable(`paths.${path}`, 'has more than one parameter in a segment')
  const [, before = '', name, after = ''] = match
  return { before: decodeURIComponent(before), name: name ?? null, after: decodeURIComponent(after) }
}

/** Sorts what is spelled out behind what is left open, segment by segment. */
const shapeOf = (segments: readonly Segment[]): string =>
  segments.map(({ before, name, after }) => (name === null ? `2${before}` : `1${before}\u0001${after}`)).join('\u0000')
