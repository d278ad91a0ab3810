/** The prefix pins it to this very host, to https (or localhost) and to the whole site (RFC 6265bis §4.1.3.2). */
const name = '__Host-custodia'
const beginning = `${name}=`
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const tokenLength = 43
const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/**
 * The Set-Cookie header for a token of 43 base64url characters. It lives as long as the browser; its end is ours to decide. Only where
 * the browser is to fetch the next one by itself does it say how long.
 */
export const setCookie = (token: string, maxAgeSeconds: number | null = null): string =>
  `${name}=${token}; ${attributes}${maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`}`

export { attributes as cookieAttributes, name as cookieName }

export const clearCookie = `${name}=; ${attributes}; Max-Age=0`

/**
 * The token in a Cookie header.
 *
 * @returns null where there is none, it is not of the form that we set, or the name stands twice: then somebody else set
 * one of them, and which one is not for us to guess (RFC 6265 §4.2.2 gives servers no order to rely on).
 */
export function readToken(header: string | undefined): string | null {
  const value = readValue(header)
  return value !== null && isToken(value) ? value : null
}

/** Whether a cookie's value is of the form that we set. */
export const isToken = (value: string): boolean => tokenPattern.test(value)

/** The same as `readToken`, by hand since every request passes here; of its form is asked but the length. */
export function readValue(header: string | undefined): string | null {
  if (header === undefined) return null
  let found: string | null = null
  for (let at = header.indexOf(beginning); at >= 0; at = header.indexOf(beginning, at + 1)) {
    if (!beginsCookie(header, at)) continue
    if (found !== null) return null
    const from = at + beginning.length
    const end = header.indexOf(';', from)
    found = header.slice(from, end < 0 ? undefined : end).trim()
  }
  return found?.length === tokenLength ? found : null
}

/** True where nothing but space stands between the last separator and `at`. */
function beginsCookie(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && (header[before] === ' ' || header[before] === '\t')) before--
  return before < 0 || header[before] === ';'
}
