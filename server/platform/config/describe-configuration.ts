import { oneLine } from './configuration-error.ts'
import type { Configuration, Source } from './read-configuration.ts'

/** One setting as an operator may see it. */
export type ConfigurationRow = {
  /** Its name in the environment. */
  readonly key: string
  /** Its path in the file. */
  readonly file: string
  /** As it could be written; a secret shows only whether it is set. */
  readonly value: string
  readonly source: Source
  readonly description: string
}

/** What is set, to what, and by whom. Holds no secret. */
export function describeConfiguration(configuration: Configuration): readonly ConfigurationRow[] {
  return configuration.entries.map(({ key, value, source }) => ({
    key: key.environment,
    file: key.file,
    value: key.setting.secret ? (value === null || value === '' ? '(not set)' : '(set, not shown)') : show(value),
    source,
    description: key.setting.description,
  }))
}

/** The rows as a table for a terminal. For JSON, the rows themselves. */
export function configurationTable(rows: readonly ConfigurationRow[]): string {
  const cells = [['KEY', 'VALUE', 'FROM', 'MEANING']].concat(
    rows.map((row) => [row.key, oneLine(row.value), row.source, row.description]),
  )
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => (line[column] as string).length)))
  return cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

function show(value: unknown): string {
  if (value === null) return '(not set)'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
