import type { IncomingHttpHeaders } from 'node:http'
import { assertionHeader } from '@custodia/wire/http/gateway.ts'

/** Who is asking, and through which door, as the application is told. */
export type Introduction = {
  readonly assertion: string | null
  readonly address: string
  readonly host: string
  readonly protocol: 'http' | 'https'
}

// A header that a proxy sets is worthless if a client can set it too. Some applications read `_` as `-`.
const forged =
  /^(?:custodia-.*|x-custodia-.*|forwarded|x-forwarded-.*|x-real-ip|x-remote-.*|remote-user|x-auth-request-.*|via)$/

/** The request's headers as the application gets them: nothing forged, no cookie of ours, and who is asking. */
export function outgoingHeaders(headers: IncomingHttpHeaders, introduction: Introduction): IncomingHttpHeaders {
  const outgoing: IncomingHttpHeaders = {}
  for (const name in headers) if (!forged.test(name.replaceAll('_', '-'))) outgoing[name] = headers[name]
  const cookie = withoutOwnCookies(headers.cookie)
  if (cookie === '') delete outgoing.cookie
  else outgoing.cookie = cookie
  outgoing.host = introduction.host
  outgoing['x-forwarded-for'] = introduction.address
  outgoing['x-forwarded-host'] = introduction.host
  outgoing['x-forwarded-proto'] = introduction.protocol
  if (introduction.assertion !== null) outgoing[assertionHeader] = introduction.assertion
  return outgoing
}

const isOwnCookie = (cookie: string) => /^\s*__Host-custodia/i.test(cookie)

export function withoutOwnCookies(header: string | undefined): string {
  if (header === undefined) return ''
  if (!/__Host-custodia/i.test(header)) return header
  return header
    .split(';')
    .filter((cookie) => !isOwnCookie(cookie))
    .join(';')
    .trim()
}

/** The reply's headers as the browser gets them: an application can't set or remove the gateway's own cookies. */
export function returningHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'x-powered-by': _powered, server: _server, ...rest } = headers
  const cookies = rest['set-cookie']
  if (cookies !== undefined) {
    const kept = (Array.isArray(cookies) ? cookies : [cookies]).filter((cookie) => !isOwnCookie(cookie))
    if (kept.length > 0) rest['set-cookie'] = kept
    else delete rest['set-cookie']
  }
  return rest
}
