import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One broken rule, with the place and what to do. */
export type Finding = { readonly where: string; readonly what: string }

const maxLines = 400
const maxReadmeLines = 40

/** What no other tool checks: the sizes of files, and what must not stand in them. */
export function houseFindings(root: string): Finding[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file !== '' && !file.includes('/vectors/') && !file.includes('/samples/'))
  return files.flatMap((file) =>
    rules.flatMap((rule) => (rule.files.test(file) ? rule.check(file, () => read(root, file)) : [])),
  )
}

type Rule = { readonly files: RegExp; check(file: string, text: () => string): Finding[] }

const rules: readonly Rule[] = [
  {
    files: /\.(tsx?|mjs|sql)$/,
    check: (file, text) => {
      const lines = text().split('\n').length - 1
      return lines > maxLines ? [{ where: file, what: `has ${lines} lines; over ${maxLines}, one file is two` }] : []
    },
  },
  {
    files: /^server\/[^/]+\/README\.md$/,
    check: (file, text) => {
      const lines = text().split('\n').length - 1
      return lines > maxReadmeLines
        ? [{ where: file, what: `has ${lines} lines; a module says what it is in ${maxReadmeLines}` }]
        : []
    },
  },
  {
    files: /^server\/[^/]+\/module\.ts$/,
    check: (file, text) => {
      const missing = ['permissions', 'errors', 'events', 'migrations', 'config'].filter(
        (key) => !new RegExp(`\\b${key}\\b`).test(text()),
      )
      return missing.map((key) => ({ where: file, what: `its manifest does not say ${key}` }))
    },
  },
  {
    files: /\.tsx?$/,
    check: (file, text) => {
      const sql =
        /(?:^|\/)(?:store|sequence|append|[a-z-]+-store)\.ts$|\.test\.ts$|^server\/platform\/|^tests\/|^bench\/|^examples\/|^tools\//
      return !sql.test(file) && /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(/.test(text())
        ? [{ where: file, what: 'has SQL outside store.ts' }]
        : []
    },
  },
  {
    files: /^(server|packages|console|examples)\/.*\.tsx?$/,
    check: (file, text) =>
      [...text().matchAll(/\b(TODO|FIXME|XXX|HACK)\b/g)].map((match) => ({
        where: file,
        what: `says ${match[0]}: do it, or write a decision`,
      })),
  },
  {
    files: /(^|\/)(utils|helpers|common)\.tsx?$|(^|\/)(utils|helpers)\//,
    check: (file) =>
      file === 'packages/wire/src/http/common.ts'
        ? []
        : [{ where: file, what: 'is a drawer: name it for what it does' }],
  },
]

const read = (root: string, file: string): string => {
  try {
    return readFileSync(`${root}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
