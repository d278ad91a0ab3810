/**
 * Control and direction characters as visible escapes; line feeds stay. What comes from a server, a file or a stranger could otherwise
 * move the cursor, reorder a line, or hide something from the person who reads it on a terminal.
 */
export function printable(text: string): string {
  return text.replace(hidden, (one) => (one === '\n' ? one : `\\u{${one.codePointAt(0)?.toString(16)}}`))
}

/** The same for one field of a line: it ends no line either. */
export const printableField = (text: string): string => printable(text).replaceAll('\n', '\\u{a}')

/** JSON that is safe to look at as well: the escapes are JSON's own, so whoever reads it gets the very same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(hidden, (one) =>
    Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

const hidden = /[\p{Cc}\p{Cf}\u2028\u2029]/gu
