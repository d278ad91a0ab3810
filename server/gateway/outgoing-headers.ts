import type { IncomingHttpHeaders } from 'node:http'
import { assertionHeader } from '@custodia/wire/http/gateway.ts'

/** Who is asking, and through which door, as the application is told. */
export type Introduction = {
  readonly assertion: string | null
  readonly address: string
  readonly host: string
  readonly protocol: 'http' | 'https'
  /** Whether Custodia took the signature of the request for its own: the application has nothing to verify it by. */
  readonly signed: boolean
  /** The client's certificate as RFC 9440 writes it; left out, or null, where it has shown none. */
  readonly certificate?: { readonly header: string; readonly chainHeader: string | null } | null
}

// A header that a proxy sets is worthless if a client can set it too. Some applications read `_` as `-`, and some (CGI) any sign.
const names = [
  // Who is asking, and from where.
  ...['custodia-.*', 'x-custodia-.*', 'remote-(?:user|groups?|name|email|addr|host)', 'x-remote-.*', 'sm-user.*'],
  ...['x-auth-(?:request|user|name|email|roles?|groups?).*', 'x-authenticated-.*', 'x-authentik-.*', 'x-pomerium-.*'],
  ...[
    'oidc-.*',
    'cf-access-.*',
    'x-goog-(?:authenticated-user|iap)-.*',
    'tailscale-user-.*',
    'x-consumer-.*',
    'x-vouch-.*',
  ],
  ...['x-user', 'x-user-(?:id|name|email|roles?|groups?)', 'x-webauth-.*', 'x-ms-client-principal.*', 'x-amzn-oidc-.*'],
  ...[
    'forwarded',
    'x-forwarded(?:-.*)?',
    'x-real-ip',
    'x-(?:cluster-|azure-)?client-?ip',
    'x-originating-ip',
    'fastly-client-ip',
    'x-envoy-.*',
    'x-appengine-user-ip',
    'true-client-ip',
    'cf-connecting-ip.*',
    'via',
  ],
  ...[
    'ssl-.*',
    'x-ssl-.*',
    'client-cert.*',
    'x-client-(?:cert|dn|verify).*',
    'x-tls-client-.*',
    'x-arr-(?:clientcert|ssl)',
    'x-amzn-mtls-.*',
    'cf-client-cert-.*',
  ],
  ...['x-scheme', 'x-url-scheme', 'front-end-https'],
  // What is asked for: some frameworks take these for the path, the host or the method on which was decided here.
  ...['x-original-.*', 'x-rewrite-url', 'x-host', 'x-http-method.*', 'x-method-override'],
  // CGI makes HTTP_PROXY of the first.
  ...['proxy', 'proxy-.*'],
  // RFC 9110 §7.6.1 and §10.1.1: about the client's connection, and none of the application's business.
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect'],
]
const forged = new RegExp(`^(?:${names.join('|')})$`)

const maxRemembered = 1_000
const remembered = new Map<string, boolean>()

/** Requests bring the same few names all the time; strangers may bring others, of which no more are remembered. */
function isForged(name: string): boolean {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const is = forged.test(name.replace(/[^a-z0-9]/g, '-'))
  if (remembered.size < maxRemembered) remembered.set(name, is)
  return is
}

/** The request's headers as the application gets them: nothing forged, no cookie of ours, and who is asking. */
export function outgoingHeaders(headers: IncomingHttpHeaders, introduction: Introduction): IncomingHttpHeaders {
  const outgoing: IncomingHttpHeaders = {}
  // The names of HTTP/2 that begin with a colon are no headers (RFC 9113 §8.3).
  for (const name in headers) if (!name.startsWith(':') && !isForged(name)) outgoing[name] = headers[name]
  withoutCredentials(outgoing, introduction.signed)
  const cookie = withoutOwnCookies(headers.cookie)
  if (cookie === '') delete outgoing.cookie
  else outgoing.cookie = cookie
  outgoing.host = introduction.host
  outgoing['x-forwarded-for'] = introduction.address
  outgoing['x-forwarded-host'] = introduction.host
  outgoing['x-forwarded-proto'] = introduction.protocol
  if (introduction.assertion !== null) outgoing[assertionHeader] = introduction.assertion
  const { certificate = null } = introduction
  if (certificate !== null) {
    outgoing['client-cert'] = certificate.header
    if (certificate.chainHeader !== null) outgoing['client-cert-chain'] = certificate.chainHeader
  }
  return outgoing
}

/** A key of ours opens more than this application, whether or not it was asked for here. Another scheme or token is the application's. */
function withoutCredentials(headers: IncomingHttpHeaders, signed: boolean): void {
  if (isOwnToken(headers.authorization ?? '')) delete headers.authorization
  if (!signed) return
  for (const name in headers)
    if (name === 'signature' || name.replaceAll('_', '-') === 'signature-input') delete headers[name]
}

const isOwnToken = (value: string) => /^\s*bearer\s+cus_/i.test(value)

// A cookie without a name is sent back as its value alone, which then looks like a cookie with one.
const isOwnCookie = (cookie: string) => /^[\s=]*__Host-custodia/i.test(cookie)

export function withoutOwnCookies(header: string | undefined): string {
  if (header === undefined) return ''
  if (!/__Host-custodia/i.test(header)) return header
  return header
    .split(';')
    .filter((cookie) => !isOwnCookie(cookie))
    .join(';')
    .trim()
}

const unsaid = new Set([
  // What the application runs on, and what is about its connection with the gateway (RFC 9110 §7.6.1).
  ...[
    'server',
    'x-powered-by',
    'connection',
    'keep-alive',
    'proxy-connection',
    'trailer',
    'upgrade',
    'transfer-encoding',
  ],
  // What a proxy in front of us would do at a word: send another file, or another address, in the place of the reply.
  ...['x-accel-redirect', 'x-sendfile', 'x-lighttpd-send-file', 'x-reproxy-url', 'x-reproxy-file'],
])

/** The reply's headers as the browser gets them: an application can't set or remove the gateway's own cookies. */
export function returningHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const rest: IncomingHttpHeaders = {}
  for (const name in headers) if (!unsaid.has(name)) rest[name] = headers[name]
  const cookies = rest['set-cookie']
  if (cookies !== undefined) {
    const theirs = (Array.isArray(cookies) ? cookies : [cookies]).filter((cookie) => !isOwnCookie(cookie))
    if (theirs.length > 0) rest['set-cookie'] = theirs
    else delete rest['set-cookie']
  }
  const cleared = rest['clear-site-data']
  if (cleared !== undefined) {
    const kept = clearable(String(cleared))
    if (kept === '') delete rest['clear-site-data']
    else rest['clear-site-data'] = kept
  }
  return rest
}

/**
 * What is kept of an application's `Clear-Site-Data`. Cookies go for the whole registrable domain: with those of the application the session on
 * Custodia's own host would end, and each other application's.
 */
const clearable = (header: string): string =>
  header
    .split(',')
    .map((type) => type.trim())
    .flatMap((type) => (type === '"*"' ? ['"cache"', '"storage"'] : type === '"cookies"' ? [] : [type]))
    .join(', ')
