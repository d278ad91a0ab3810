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

/** A run for a person who has an hour: each payload through each input, where else each input gets one of each kind. */
export const everything = process.env.CUSTODIA_TEST_PAYLOADS === 'all'

/** Strings of attacks as an input gets them, those of one kind side by side. */
export const readPayloads = (): readonly string[] => [...readKinds().values()].flat()

/** The same by kind, which is the file of the set that they stand in. Each string is of one kind only. */
export function readKinds(): ReadonlyMap<string, readonly string[]> {
  const seen = new Set<string>()
  const kinds = new Map<string, string[]>()
  for (const { set, kind, text: written } of existsSync(whole)
    ? [...fromLibinjection(), ...fromGotestwaf()]
    : fromCopy()) {
    const text = set === 'libinjection' ? decoded(written) : written
    if (seen.has(text)) continue
    seen.add(text)
    kinds.set(`${set} ${kind}`, [...(kinds.get(`${set} ${kind}`) ?? []), text])
  }
  return kinds
}

/** One payload for one input. */
export type Shot<In> = { readonly input: In; readonly payload: string }

/**
 * What is sent to inputs of one sort, such as all fields of bodies: every input gets a payload of each kind, and every payload
 * goes to an input of the sort. With `all`, each goes to each that takes it, too: where a form refuses it, one of a kind is enough.
 */
export function* shotsAt<In extends { takes?(payload: string): boolean }>(
  inputs: readonly In[],
  kinds = readKinds(),
  all = everything,
): Generator<Shot<In>, void, undefined> {
  if (inputs.length === 0) return
  for (const payloads of kinds.values()) {
    const count = Math.max(inputs.length, payloads.length)
    for (let i = 0; i < count; i++)
      yield { input: inputs[i % inputs.length] as In, payload: payloads[i % payloads.length] as string }
  }
  if (!all) return
  for (const payload of [...kinds.values()].flat())
    for (const input of inputs) if (input.takes?.(payload) ?? true) yield { input, payload }
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
