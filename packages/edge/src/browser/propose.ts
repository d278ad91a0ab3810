import type { Allowance } from './headers.ts'
import { directives } from './headers.ts'

/** What was reported, counted: as much as a proposal needs. */
export type Reported = {
  readonly directive: string
  readonly blocked: string
  readonly count: number
}

/** An inline script or style that the application sent the same way to several readers. */
export type Inline = { readonly element: 'script' | 'style' /** As in `sha256-…`. */; readonly hash: string }

/** One line of a proposal. */
export type Proposed = {
  readonly directive: string
  /** A source expression. For `require-trusted-types-for`: null, and the demand is dropped. */
  readonly source: string | null
  readonly count: number
  /** True where injected markup could use it too: somebody has to want it. */
  readonly weakens: boolean
}

export type Proposal = {
  readonly lines: readonly Proposed[]
  /** What no source would allow: the application has to change. */
  readonly unresolved: readonly Reported[]
}

const known: ReadonlySet<string> = new Set(directives)
const scripts = /^(?:script-src|script-src-elem|worker-src|object-src|base-uri)$/

/** Makes of reports what would have to be allowed for them to stop. Of the same in, the same comes out. */
export function propose(reported: readonly Reported[], inlines: readonly Inline[]): Proposal {
  const lines = new Map<string, Proposed>()
  const unresolved: Reported[] = []
  for (const one of [...reported].sort(order)) {
    const sources = sourcesFor(one, inlines)
    if (sources === null) unresolved.push(one)
    for (const { directive, source, weakens } of sources ?? []) {
      const key = `${directive} ${source}`
      const count = (lines.get(key)?.count ?? 0) + one.count
      lines.set(key, { directive, source, weakens, count })
    }
  }
  return { lines: [...lines.values()], unresolved }
}

const order = (a: Reported, b: Reported) =>
  a.directive < b.directive ? -1 : a.directive > b.directive ? 1 : a.blocked < b.blocked ? -1 : 1

type Line = Omit<Proposed, 'count'>

function sourcesFor({ directive, blocked }: Reported, inlines: readonly Inline[]): readonly Line[] | null {
  const line = (source: string | null, weakens: boolean, name = directive): Line => ({
    directive: name,
    source,
    weakens,
  })
  if (blocked === 'trusted-types') return [line(null, true, 'require-trusted-types-for')]
  if (blocked === 'eval') return [line("'unsafe-eval'", true, 'script-src')]
  if (!known.has(directive)) return null
  if (blocked === 'inline') {
    // An attribute of style reaches one element; a whole sheet can read the page by its selectors.
    if (directive === 'style-src-attr') return [line("'unsafe-inline'", false)]
    const element = directive === 'script-src-elem' ? 'script' : directive === 'style-src-elem' ? 'style' : null
    const hashes = inlines.filter((one) => one.element === element).map(({ hash }) => `'${hash}'`)
    if (element !== null && hashes.length > 0) return hashes.map((hash) => line(hash, false, `${element}-src`))
    return element === 'style' ? [line("'unsafe-inline'", true, 'style-src-elem')] : null
  }
  // A script that runs from the own host or from somebody's is all that injected markup needs to name.
  if (/^(?:https?|wss?):\/\//.test(blocked)) return [line(blocked, scripts.test(directive), plain(directive))]
  if (blocked === "'self'") return directive.startsWith('script-src') ? null : [line(blocked, false, plain(directive))]
  if (blocked === 'data:' || blocked === 'blob:') return [line(blocked, scripts.test(directive), plain(directive))]
  return null
}

/** `script-src` serves its finer directives too. */
const plain = (directive: string) => directive.replace(/-elem$/, '')

/** Directives and sources as they may stand in a policy that somebody makes live. */
export const sourcePattern =
  /^(?:'(?:self|unsafe-inline|unsafe-eval|unsafe-hashes|wasm-unsafe-eval)'|'sha(?:256|384|512)-[A-Za-z0-9+/]{40,90}={0,2}'|(?:https?|wss?):\/\/[a-z0-9.:[\]-]{1,200}|data:|blob:)$/

/**
 * Reads what somebody wants to be allowed.
 *
 * @throws Error in words: for directives that are not known, and for sources that let everybody in (`*`, `https:`).
 */
export function checkSources(value: unknown, where: string): Allowance['sources'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  const entries = Object.entries(value)
  for (const [directive, sources] of entries) {
    if (!known.has(directive)) throw new Error(`${where}.${directive} is no directive to which sources are added`)
    if (!Array.isArray(sources) || sources.length > 50)
      throw new Error(`${where}.${directive} is not a list of up to 50`)
    for (const source of sources)
      if (typeof source !== 'string' || !sourcePattern.test(source))
        throw new Error(
          `${where}.${directive}: ${String(source)} is not one origin, hash, scheme data: or blob:, or 'self'`,
        )
  }
  return Object.fromEntries(entries) as Allowance['sources']
}
