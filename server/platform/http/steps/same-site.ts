import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'
import type { RequestHead } from '../ports.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cross-site request forgery: Fetch Metadata first, then Origin. A request without either that carries a cookie did
 * not come from a page of a browser of this decade, and is refused when it would change something.
 *
 * @returns the header that gives it away; null where the request may pass.
 */
export function crossSiteHeader(head: RequestHead, ownOrigins: ReadonlySet<string>): string | null {
  if (safeMethods.has(head.method)) return null
  const site = head.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? null : 'sec-fetch-site'
  const { origin, cookie } = head.headers
  if (origin !== undefined) return ownOrigins.has(origin) ? null : 'origin'
  return cookie === undefined ? null : 'origin'
}

export const sameSite: Step = {
  name: 'same-site',
  run({ head }, { ownOrigins }) {
    const header = crossSiteHeader(head, ownOrigins)
    if (header !== null) throw refuseRequest('CROSS_SITE_REFUSED', { field: `header.${header}` })
  },
}
