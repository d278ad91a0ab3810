import type { Problem } from './configuration-error.ts'
import { ConfigurationError, oneLine } from './configuration-error.ts'
import type { Key, Tables } from './keys.ts'
import { keysOf, nearestName, secretFileKey } from './keys.ts'
import { foreignKeys } from './platform-settings.ts'
import { readFile } from './read-file.ts'
import { readTextFile } from './read-text-file.ts'
import type { Settings } from './setting.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Source = 'default' | 'file' | 'environment' | 'secret file'

export type Configuration<T extends Tables = Tables> = {
  readonly values: { readonly [Module in keyof T]: Settings<T[Module]> }
  /** Every setting, where its value came from, and the value itself: it may be secret. */
  readonly entries: readonly { readonly key: Key; readonly value: unknown; readonly source: Source }[]
  /** What is not wrong but not wise, in sentences for the log. */
  readonly warnings: readonly string[]
}

export type ReadOptions<T extends Tables> = {
  readonly tables: T
  readonly environment: Environment
  /** Default: `CUSTODIA_CONFIG`; without either there is no file. */
  readonly filePath?: string
  /** Names beginning with CUSTODIA_ that belong to others; `*` at the end stands for any end. Default: `foreignKeys`. */
  readonly foreign?: readonly string[]
  /** Whether these tables are not all there are: then a name that they don't have is somebody else's. */
  readonly partial?: boolean
  /** What contradicts itself across settings; asked where each setting by itself is right. */
  readonly contradictions?: (values: Configuration<T>['values']) => readonly Problem[]
}

type Given = { readonly value: unknown; readonly source: Source; readonly shown: string }

const maxSecretBytes = 65_536

/**
 * Reads the configuration: environment over file over default.
 *
 * @throws ConfigurationError with everything that is wrong, secrets left out.
 */
export function readConfiguration<const T extends Tables>(options: ReadOptions<T>): Configuration<T> {
  const { tables, environment } = options
  const keys = keysOf(tables)
  const problems: Problem[] = []
  const warnings: string[] = []
  const report = (problem: Problem) => problems.push(problem)
  const reportName = options.partial === true ? () => 0 : report

  const path = options.filePath ?? environment.CUSTODIA_CONFIG
  const file = path === undefined ? null : readFile(path, tables, keys, { report, reportName })
  for (const name of unknownNames(environment, keys, options.foreign ?? foreignKeys))
    reportName(unknownName(name, keys))

  const entries = keys.map((key) => {
    const given =
      fromEnvironment(key, environment, report, warnings) ??
      (file?.values.has(key.file) ? fromFile(key, file.values.get(key.file)) : null)
    if (given === null) return { key, value: key.setting.defaultValue, source: 'default' as const }
    if (given.source === 'file' && key.setting.secret && file?.readableByOthers)
      warnings.push(`${key.file} is secret, and others on this machine can read ${oneLine(path as string)}.`)
    return { key, value: parse(key, given, report), source: given.source }
  })
  if (problems.length > 0) throw new ConfigurationError(problems)

  const values = group(tables, entries) as Configuration<T>['values']
  const contradictions = options.contradictions?.(values) ?? []
  if (contradictions.length > 0) throw new ConfigurationError(contradictions)
  return { values, entries, warnings }
}

function fromEnvironment(
  key: Key,
  environment: Environment,
  report: (problem: Problem) => void,
  warnings: string[],
): Given | null {
  const plain = environment[key.environment]
  const path = key.setting.secret ? environment[secretFileKey(key)] : undefined
  if (path === undefined)
    return plain === undefined ? null : { value: plain, source: 'environment', shown: key.environment }
  const shown = secretFileKey(key)
  if (plain !== undefined) {
    report({ key: shown, reason: `${key.environment} is set too, and only one of the two may be` })
    return null
  }
  try {
    const { text, readableByOthers } = readTextFile(path, maxSecretBytes)
    if (readableByOthers) warnings.push(`${shown} names a file that others on this machine can read.`)
    // Editors and `echo` end a file with one line break that is no part of the secret.
    return { value: text.replace(/\r?\n$/, ''), source: 'secret file', shown }
  } catch (error) {
    report({ key: shown, reason: (error as Error).message })
    return null
  }
}

const fromFile = (key: Key, value: unknown): Given => ({ value, source: 'file', shown: key.file })

function parse(key: Key, given: Given, report: (problem: Problem) => void): unknown {
  const { setting } = key
  try {
    return setting.parse(given.value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it was refused'
    report({
      key: given.shown,
      // A reason may quote what it refuses.
      reason: setting.secret ? 'it does not have the right shape' : oneLine(reason, 400),
      shape: setting.shape,
      example: setting.example,
    })
    return undefined
  }
}

function unknownNames(environment: Environment, keys: readonly Key[], foreign: readonly string[]): string[] {
  const known = new Set(keys.flatMap(namesOf))
  const others = (name: string) =>
    foreign.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one))
  return Object.keys(environment).filter(
    (name) => name.startsWith('CUSTODIA_') && environment[name] !== undefined && !known.has(name) && !others(name),
  )
}

function unknownName(name: string, keys: readonly Key[]): Problem {
  const plain = keys.find((key) => secretFileKey(key) === name)
  if (plain !== undefined)
    return { key: name, reason: `only a secret may stand in a file of its own; set ${plain.environment}` }
  const nearest = nearestName(name, keys.flatMap(namesOf))
  return { key: oneLine(name), reason: 'nothing has this name', ...(nearest === undefined ? {} : { nearest }) }
}

function namesOf(key: Key): string[] {
  return key.setting.secret ? [key.environment, secretFileKey(key)] : [key.environment]
}

function group(tables: Tables, entries: Configuration['entries']): Record<string, Record<string, unknown>> {
  const values: Record<string, Record<string, unknown>> = {}
  for (const module of Object.keys(tables)) values[module] = {}
  for (const { key, value } of entries) (values[key.module] as Record<string, unknown>)[key.name] = value
  return values
}
