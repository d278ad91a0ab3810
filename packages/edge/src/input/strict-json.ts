import { survives } from './number-text.ts'
import { UnfitInput } from './unfit.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export type JsonBounds = {
  /** Levels of objects and lists. */
  readonly maxDepth: number
  /** Members of objects, elements of lists, all together. */
  readonly maxValues: number
}

const usual: JsonBounds = { maxDepth: 32, maxValues: 20_000 }

// What a merge of objects that was written without care would follow to what all objects share.
const shared = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Parses JSON, and refuses what lets two parsers read it differently: invalid UTF-8, a byte order mark, a repeated member name (RFC 8259
 * §4 leaves its meaning open), numbers that a double does not hold, half of a surrogate pair; and names of what objects share, more
 * levels or more values than the bounds.
 *
 * @throws UnfitInput that names the member.
 */
export function parseStrictJson(bytes: Uint8Array, bounds: JsonBounds = usual): unknown {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw new UnfitInput('body', 'is not valid UTF-8')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UnfitInput('body', 'is not JSON')
  }
  refuseAmbiguity(text, bounds)
  return value
}

type Level = { readonly names: Set<string> | null; at: string }

/** Walks text that is known to be JSON; so only strings, brackets, colons, commas and the beginnings of numbers matter. */
function refuseAmbiguity(text: string, { maxDepth, maxValues }: JsonBounds): void {
  const levels: Level[] = []
  let lastString = ''
  let values = 1
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x22) {
      const start = i++
      while (text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1
      lastString = text.slice(start, i + 1)
      // Text that came as UTF-8 is well formed: only an escape can say half a pair.
      if (/\\u[dD][89a-fA-F]/.test(lastString) && !(JSON.parse(lastString) as string).isWellFormed())
        throw new UnfitInput(fieldOf(levels), 'is not well-formed Unicode')
    } else if (char === 0x3a) {
      takeName(levels, lastString)
    } else if (char === 0x2c) {
      if (++values > maxValues) throw new UnfitInput('body', `has more than ${maxValues} values`)
    } else if (char === 0x7b || char === 0x5b) {
      levels.push({ names: char === 0x7b ? new Set() : null, at: '' })
      if (levels.length > maxDepth) throw new UnfitInput('body', `is nested deeper than ${maxDepth} levels`)
      if (++values > maxValues) throw new UnfitInput('body', `has more than ${maxValues} values`)
    } else if (char === 0x7d || char === 0x5d) {
      levels.pop()
    } else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      const start = i
      while (i + 1 < text.length && /[-+.0-9eE]/.test(text[i + 1] as string)) i++
      if (!survives(text.slice(start, i + 1)))
        throw new UnfitInput(fieldOf(levels), 'is a number that is not kept as it is written')
    }
  }
}

function takeName(levels: Level[], quoted: string): void {
  const level = levels.at(-1) as Level
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
  level.at = name
  if (shared.has(name)) throw new UnfitInput(fieldOf(levels), 'is not an allowed name')
  if (level.names?.has(name)) throw new UnfitInput(fieldOf(levels), 'appears twice')
  level.names?.add(name)
}

const fieldOf = (levels: readonly Level[]): string =>
  ['body', ...levels.map(({ at }) => at).filter((at) => at !== '')].join('.')
