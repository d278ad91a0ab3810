/**
 * The path of a request target, decoded, if there is one way only to read it; else null. The gateway decides on a path and the
 * application acts on it: where two readings are possible, the two could differ. Refused are therefore dot segments, empty
 * segments, backslashes, encoded slashes, control characters, bytes that had to be encoded and what is not UTF-8 (RFC 3986 §2,
 * §5.2.4, §6.2.2); and a bare `;`, from which on some servers drop the rest of a segment, so that `..;` is `..` to them (RFC 3986
 * §3.3). As `%3B` it is text. A `#`, too, in the query as well: it belongs to no request (RFC 9112 §3.2), and some drop what stands
 * behind it.
 */
export function canonicalPath(target: string): string | null {
  if (!target.startsWith('/') || target.length > 8192 || target.includes('#')) return null
  const raw = target.split('?', 1)[0] as string
  if (/;|%2f|%5c|[^\x21-\x7e]/i.test(raw)) return null
  let path: string
  try {
    path = decodeURIComponent(raw)
  } catch {
    return null
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (/[\u0000-\u001f\u007f\\]|\/\//.test(path)) return null
  // Decoded once more it must stay the same: %252e%252e is for an application that decodes twice.
  if (/%[0-9a-f]{2}/i.test(path)) return null
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? null : path
}
