import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cross-site request forgery: Fetch Metadata first, then Origin. A request without either that carries a cookie did
 * not come from a page of a browser of this decade, and is refused when it would change something.
 */
export const sameSite: Step = {
  name: 'same-site',
  run({ raw, head }, { ownOrigins }) {
    if (safeMethods.has(raw.method ?? '')) return
    const site = head.headers['sec-fetch-site']
    if (site !== undefined) {
      if (site === 'same-origin' || site === 'none') return
      throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.sec-fetch-site' })
    }
    const { origin } = head.headers
    if (origin !== undefined) {
      if (ownOrigins.has(origin)) return
      throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.origin' })
    }
    if (head.headers.cookie !== undefined) throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.origin' })
  },
}
