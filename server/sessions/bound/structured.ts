/** A string of a structured field (RFC 9651 §3.3.3). What we say needs no escape. */
export const quoted = (text: string): string => `"${text}"`

/** The string in a header; a browser of an earlier draft sends it bare. Null where there is none, or it is too long. */
export function unquoted(header: string | string[] | undefined, maxLength: number): string | null {
  if (typeof header !== 'string' || header.length > maxLength) return null
  return /^"([\x21\x23-\x5b\x5d-\x7e]+)"$/.exec(header)?.[1] ?? /^[\w.-]+$/.exec(header)?.[0] ?? null
}
