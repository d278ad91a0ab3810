import { SignatureError } from './signature-error.ts'

/** A request without its body, as it stood on the wire. */
export type RequestHead = {
  /** As sent: methods are case-sensitive. */
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** The one value of Host, or of `:authority`. */
  readonly authority: string
  /** The target in origin form (RFC 9112 §3.2.1), byte for byte as sent, as in `/a%2Fb?c=d`. */
  readonly target: string
  /** Every line in the order it came; names in any case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const maxTargetLength = 8_192
const methodForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/
// Visible ASCII without '#': a fragment is not part of a request.
const targetForm = /^\/[\x21\x22\x24-\x7e]*$/
const authorityForm = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?$/i
const defaultPort = { http: '80', https: '443' }

/**
 * An authority in the one form that is signed: lower case, no default port (RFC 9421 §2.2.3, RFC 9110 §4.2.3).
 *
 * @throws SignatureError `message` for anything but a name or address with an optional port: no user, no list, no path.
 */
export function normalizeAuthority(authority: string, scheme: 'http' | 'https'): string {
  // Before lower case, which would make a letter of what is none (U+212A).
  const [, host, port] = authorityForm.exec(authority) ?? []
  if (host === undefined) throw new SignatureError('message')
  const same = port === undefined || port === defaultPort[scheme]
  return same ? host.toLowerCase() : `${host.toLowerCase()}:${port}`
}

/**
 * The components that are not headers (RFC 9421 §2.2). The path is taken as it stands: two that a server treats alike
 * (`/a/../b` and `/b`, `%41` and `A`) are two to a signature.
 */
const derived: Readonly<Record<string, (head: RequestHead) => string>> = {
  '@method': ({ method }) => method,
  '@authority': ({ authority, scheme }) => normalizeAuthority(authority, scheme),
  '@scheme': ({ scheme }) => scheme,
  '@request-target': ({ target }) => target,
  '@target-uri': ({ authority, scheme, target }) => `${scheme}://${normalizeAuthority(authority, scheme)}${target}`,
  '@path': ({ target }) => target.split('?', 1)[0] as string,
  // §2.2.7: a lone question mark where there is no query.
  '@query': ({ target }) => (target.includes('?') ? target.slice(target.indexOf('?')) : '?'),
}

/** True for `@path` and the like, and for a header's name in lower case. */
export function isComponentName(name: string): boolean {
  return name.startsWith('@') ? Object.hasOwn(derived, name) : /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/.test(name)
}

/** @throws SignatureError `message` where the line of the request itself is odd. */
export function checkHead(head: RequestHead): void {
  const sound = methodForm.test(head.method) && head.target.length <= maxTargetLength && targetForm.test(head.target)
  if (!sound) throw new SignatureError('message')
}

/**
 * The value of a component as it stands in the signature base.
 *
 * @throws SignatureError `absent`, or `message`.
 */
export function componentValue(head: RequestHead, name: string): string {
  const value = name.startsWith('@') ? derived[name]?.(head) : fieldValue(head, name)
  if (value === undefined || value === null) throw new SignatureError('absent')
  return value
}

/**
 * All lines of a header as one value (RFC 9421 §2.1): each without the white space around it, joined by a comma.
 *
 * @param name in lower case.
 * @returns null where there is none.
 * @throws SignatureError `message` for line breaks (obsolete folding too, RFC 9112 §5.2), other control characters, and
 * what is not ASCII: encodings differ.
 */
export function fieldValue(head: RequestHead, name: string): string | null {
  const values: string[] = []
  for (const [candidate, value] of head.headers) {
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw new SignatureError('message')
    values.push(value.trim())
  }
  return values.length === 0 ? null : values.join(', ')
}
