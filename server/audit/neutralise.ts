// C0 and C1 controls, DEL, line and paragraph separators, direction overrides, and the byte order mark: what makes a line
// of a log look like two, or like another one (ASVS 5.0 16.4.1).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const dangerous = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

const maxDepth = 16

/**
 * Text from outside, made harmless to whoever displays it: each C0 control becomes its visible picture (U+2400 and on), the
 * other characters above and lone surrogates become U+FFFD.
 */
export function neutraliseText(text: string): string {
  return text.toWellFormed().replace(dangerous, (character) => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}

/** Every text in a JSON value made harmless, names of members included. @throws Error below 16 levels. */
export function neutralise(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw new Error('an event is nested too deeply')
  if (typeof value === 'string') return neutraliseText(value)
  if (Array.isArray(value)) return value.map((item) => neutralise(item, depth + 1))
  // Anything but a plain object goes on as it is, for the writer of canonical JSON to refuse.
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [neutraliseText(key), neutralise(member, depth + 1)]),
  )
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
