import { crossSite } from '@custodia/edge/browser/cross-site.ts'
import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

export const sameSite: Step = {
  name: 'same-site',
  run({ head, route }, { ownOrigins }) {
    // Such a route stands on no cookie: servers of others call it, and browsers of their own accord.
    if (route.rawBody === 'any' && route.who === 'anyone') return
    const header = crossSite(head, { origins: ownOrigins })
    if (header !== null) throw refuseRequest('CROSS_SITE_REFUSED', { field: `header.${header}` })
  },
}
