import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../tools/suite.ts'

type Payload = { readonly set: string; readonly kind: string; readonly text: string }

const whole = join(root, '../shared/data/attack')
const small = join(import.meta.dirname, 'payloads/payloads.jsonl')

/** Said in the name of a suite: what it was held to. */
export const payloadsFrom = existsSync(whole)
  ? 'all of ../shared'
  : 'the small copy: ../shared is NOT THERE, its sets are NOT TESTED'

/** Strings of attacks as an input gets them, those of one kind side by side. */
export function readPayloads(): readonly string[] {
  const all = existsSync(whole) ? [...fromLibinjection(), ...fromGotestwaf()] : fromCopy()
  const texts = all.map(({ set, text }) => (set === 'libinjection' ? decoded(text) : text))
  return [...new Set(texts)]
}

/** From `all`, `count` that lie apart: another choice for each `turn`, so that after enough turns each had its own. */
export function some(all: readonly string[], count: number, turn: number): readonly string[] {
  if (count >= all.length) return all
  const step = all.length / count
  return Array.from({ length: count }, (_, i) => all[Math.floor(i * step + turn) % all.length] as string)
}

const fromCopy = () =>
  readFileSync(small, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Payload)

function fromLibinjection(): Payload[] {
  const files = globSync(join(whole, 'libinjection/{sqli,xss}/*.txt')).sort()
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((text) => ({ set: 'libinjection', kind: basename(file, '.txt'), text })),
  )
}

function fromGotestwaf(): Payload[] {
  const files = globSync(join(whole, 'gotestwaf/*/*.yml')).filter((file) => !file.includes('false-pos'))
  return files.sort().flatMap((file) => {
    const { payload } = parse(readFileSync(file, 'utf8')) as { payload: unknown[] }
    return payload.map((text) => ({ set: 'gotestwaf', kind: basename(file, '.yml'), text: String(text) }))
  })
}

/** The lists hold what stood in addresses. An input gets what that means. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
