import type { Setting, SettingTable } from './setting.ts'

/** Tables of settings by module; `platform` has no module part in its keys. */
export type Tables = { readonly platform: SettingTable } & { readonly [module: string]: SettingTable }

/** One setting with its two names. */
export type Key = {
  readonly module: string
  readonly name: string
  /** As in `CUSTODIA_SESSIONS_IDLE_TIMEOUT_SECONDS`. */
  readonly environment: string
  /** As in `sessions.idleTimeoutSeconds`. */
  readonly file: string
  readonly setting: Setting
}

/** @throws Error where two settings would have one name: a mistake in a table, not in a configuration. */
export function keysOf(tables: Tables): readonly Key[] {
  const keys = Object.entries(tables).flatMap(([module, table]) =>
    Object.entries(table).map(([name, setting]) => {
      const path = module === 'platform' ? [name] : [module, name]
      const environment = ['CUSTODIA', ...path.map(upperSnake)].join('_')
      return { module, name, environment, file: path.join('.'), setting }
    }),
  )
  const names = [
    ...keys.flatMap((key) => [key.environment, ...(key.setting.secret ? [secretFileKey(key)] : [])]),
    ...Object.keys(tables),
    ...Object.keys(tables.platform),
  ]
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`two settings have the name ${twice}`)
  return keys
}

/** The name in the environment under which the path of a file with a secret stands. */
export function secretFileKey(key: Key): string {
  return `${key.environment}_FILE`
}

function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/** The known name that a mistyped one was probably meant to be: at most three letters away, and no other word. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Math.min(3, Math.floor(name.length / 3))
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > fewest) continue
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (edits > fewest || (edits === fewest && best !== undefined)) continue
    best = candidate
    fewest = edits
  }
  return best
}

/** Letters to add, drop or change (Levenshtein), by rows. */
function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const change = (above[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1)
      row.push(Math.min(change, (above[j] as number) + 1, (row[j - 1] as number) + 1))
    }
    above = row
  }
  return above[right.length] as number
}
