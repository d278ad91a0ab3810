import { createRequire } from 'node:module'
import type { Problem } from './configuration-error.ts'
import { oneLine } from './configuration-error.ts'
import type { Key, Tables } from './keys.ts'
import { nearestName } from './keys.ts'
import { readTextFile } from './read-text-file.ts'

export type FileValues = {
  /** By `Key.file`. */
  readonly values: ReadonlyMap<string, unknown>
  readonly readableByOthers: boolean
}

/** Where what is wrong goes: anything, and names that nothing has. */
export type Reports = {
  readonly report: (problem: Problem) => void
  readonly reportName: (problem: Problem) => void
}

const maxBytes = 262_144
// The parser is loaded where there is a file.
const require = createRequire(import.meta.url)

/**
 * Reads the configuration file: YAML 1.2, of which JSON is a part. Platform settings stand at the top level, those of a
 * module in a mapping named after it. What is wrong is handed to `reports`.
 */
export function readFile(
  path: string,
  tables: Tables,
  keys: readonly Key[],
  { report, reportName }: Reports,
): FileValues {
  const values = new Map<string, unknown>()
  const shown = path === '' ? 'the configuration file without a path' : oneLine(path)
  try {
    const { text, readableByOthers } = readTextFile(path, maxBytes)
    const root = parse(text, (where, reason) => report({ key: `${shown}${where}`, reason }))
    if (root !== undefined)
      collect(root, tables, keys, values, {
        report: (problem) => report({ ...problem, key: `${problem.key} in ${shown}` }),
        reportName: (problem) => reportName({ ...problem, key: `${problem.key} in ${shown}` }),
      })
    return { values, readableByOthers }
  } catch (error) {
    report({ key: shown, reason: (error as Error).message })
    return { values, readableByOthers: false }
  }
}

/** Undefined where it was reported. The parser's own messages are not repeated: they quote the file, secrets and all. */
function parse(text: string, report: (where: string, reason: string) => void): unknown {
  const { LineCounter, parseDocument } = require('yaml') as typeof import('yaml')
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: true,
      stringKeys: true,
      prettyErrors: false,
      lineCounter: lines,
      // Not `silent`, which lets a second document pass; `warn` would quote the file.
      logLevel: 'error',
    })
    for (const { code, pos } of [...document.errors, ...document.warnings]) {
      const { line, col } = lines.linePos(pos[0])
      report(` line ${line}, column ${col}`, reasons[code] ?? `it is not YAML (${code})`)
    }
    // Aliases are bounded: a few lines could otherwise stand for millions (CWE-776).
    return document.errors.length + document.warnings.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 })
  } catch {
    // Nested too deep, or aliases without end.
    report('', 'it is not a configuration that can be read')
    return undefined
  }
}

const reasons: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the key stands there twice',
  MULTIPLE_DOCS: 'a second document begins there',
  TAB_AS_INDENT: 'a tab stands where spaces must',
  TAG_RESOLVE_FAILED: 'the tag is unknown',
}

function collect(
  root: unknown,
  tables: Tables,
  keys: readonly Key[],
  values: Map<string, unknown>,
  { report, reportName }: Reports,
): void {
  const modules = Object.keys(tables).filter((module) => module !== 'platform')
  const known = new Set(keys.map((key) => key.file))
  for (const [name, value] of entries(root, 'the whole file', report)) {
    if (modules.includes(name)) {
      const names = Object.keys(tables[name] as object)
      for (const [inner, innerValue] of entries(value, name, report)) {
        const path = `${name}.${inner}`
        if (names.includes(inner)) values.set(path, innerValue)
        else reportName(unknownKey(path, inner, names, (nearest) => `${name}.${nearest}`))
      }
    } else if (known.has(name) && !name.includes('.')) values.set(name, value)
    else reportName(unknownKey(name, name, [...Object.keys(tables.platform), ...modules], (nearest) => nearest))
  }
}

/** A mapping's pairs; none where it is empty or was reported. */
function entries(value: unknown, what: string, report: (problem: Problem) => void): [string, unknown][] {
  if (value === null) return []
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value)
  report({ key: what, reason: 'it is not a mapping of names to values' })
  return []
}

function unknownKey(key: string, name: string, known: readonly string[], path: (nearest: string) => string): Problem {
  const nearest = nearestName(name, known)
  return {
    key: oneLine(key),
    reason: 'nothing has this name',
    ...(nearest === undefined ? {} : { nearest: path(nearest) }),
  }
}
