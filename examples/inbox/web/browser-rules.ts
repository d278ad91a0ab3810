import type { FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'

const pagePolicy = (custodia: string) =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    "frame-src 'self'",
    // Signing out ends on Custodia's own host, and browsers hold a form's redirects to this too.
    `form-action 'self' ${custodia}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')

/**
 * On every reply, unless a route says otherwise.
 *
 * @param custodia the origin of its sign-in page.
 */
export const pageHeaders = (custodia: string) => ({
  'content-security-policy': pagePolicy(custodia),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // `no-referrer` would make browsers send forms with `Origin: null`.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), browsing-topics=()',
})

/** For the document that a mail's HTML is shown in: it loads nothing, runs nothing, sends nothing, and is of no origin. */
export const mailBodyHeaders = {
  'content-security-policy':
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups",
  'x-frame-options': 'SAMEORIGIN',
} as const

/** For what is saved and never shown: even a browser that opens it runs nothing in it. */
export const downloadHeaders = {
  'content-type': 'application/octet-stream',
  'content-security-policy': "default-src 'none'; sandbox",
} as const

/**
 * Only our own pages may change anything. Fetch Metadata says who sent the request; where a browser is too old for it,
 * Origin does; a request with neither is refused.
 *
 * @throws Refusal 403
 */
export function sameOriginOnly(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  const origin = URL.parse(request.headers.origin ?? '')
  const own = site === undefined ? origin !== null && origin.host === request.headers.host : site === 'same-origin'
  if (!own) throw new Refusal(403)
}
