import { refuseRequest } from './errors.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const maxDepth = 32

/**
 * Parses a request body as JSON, and refuses what lets two parsers read it differently: invalid UTF-8, a repeated
 * member name (RFC 8259 §4 leaves its meaning open), `__proto__`, nesting beyond 32 levels.
 *
 * @throws Refusal REQUEST_INVALID that names the member.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    throw invalid('body', 'is not valid UTF-8')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('body', 'is not JSON')
  }
  refuseAmbiguity(text)
  return value
}

/** Walks text that is known to be JSON; only strings, brackets and colons matter. */
function refuseAmbiguity(text: string): void {
  type Level = { names: Set<string> | null; at: string }
  const levels: Level[] = []
  let lastString = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x22) {
      const start = i++
      while (text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1
      lastString = text.slice(start, i + 1)
    } else if (char === 0x3a) {
      const level = levels.at(-1) as Level
      const name = lastString.includes('\\') ? (JSON.parse(lastString) as string) : lastString.slice(1, -1)
      const parent = levels
        .slice(0, -1)
        .map((one) => one.at)
        .filter((one) => one !== '')
      const field = ['body', ...parent, name].join('.').slice(0, 200)
      if (name === '__proto__') throw invalid(field, 'is not an allowed name')
      if (level.names?.has(name)) throw invalid(field, 'appears twice')
      level.names?.add(name)
      level.at = name
    } else if (char === 0x7b || char === 0x5b) {
      levels.push({ names: char === 0x7b ? new Set() : null, at: '' })
      if (levels.length > maxDepth) throw invalid('body', `is nested deeper than ${maxDepth} levels`)
    } else if (char === 0x7d || char === 0x5d) {
      levels.pop()
    }
  }
}

const invalid = (field: string, detail: string) => refuseRequest('REQUEST_INVALID', { field, detail })
