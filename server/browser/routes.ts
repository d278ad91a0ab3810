import { maxReportBytes } from '@custodia/edge/browser/reports.ts'
import {
  ApplicationName,
  BrowserPolicies,
  BrowserPolicy,
  BrowserReports,
  NewBrowserPolicy,
  RollBackBrowserPolicy,
} from '@custodia/wire/http/browser.ts'
import { closed } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import { refuseRequest } from '../platform/http/errors.ts'
import { reportPath } from '../platform/http/pages.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute } from '../platform/http/route.ts'
import { makeLive, retire } from './make-live.ts'
import type { Parts } from './parts.ts'
import { rollBack } from './roll-back.ts'
import { showPolicies, showPolicy, showReports } from './show.ts'

const One = Type.Object({ application: ApplicationName }, closed)
const reading = { who: { permission: 'browser:reports:read' }, limit: 'read', sensitive: false } as const
const writing = { who: { permission: 'browser:policies:write' }, limit: 'write', sensitive: true } as const
const path = '/v1/browser-policies'

export function routes(parts: Parts): readonly Route[] {
  const origin = new URL(parts.context.publicUrl).origin
  return [
    defineRoute({
      method: 'POST',
      path: reportPath,
      summary: 'Report what a browser refused on a page of Custodia. Browsers do so by themselves.',
      who: 'anyone',
      limit: 'write',
      sensitive: false,
      rawBody: 'any',
      bodyLimitBytes: maxReportBytes,
      reply: Type.Null(),
      async handle({ head, rawBody }) {
        const retryAfterSeconds = parts.tally.waitFor(null, head.address)
        if (retryAfterSeconds > 0) throw refuseRequest('LIMIT_REACHED', { retryAfterSeconds })
        const body = Buffer.concat(await Array.fromAsync(rawBody))
        const mediaType = head.headers['content-type'] ?? ''
        parts.tally.receive({ application: null, origin, mediaType, address: head.address, body })
        return null
      },
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: reportPath,
      summary: 'List what browsers refused, grouped by page, directive and origin; the newest first.',
      query: Type.Object({ application: Type.Optional(ApplicationName) }),
      reply: BrowserReports,
      handle: async ({ query }) => await showReports(parts, query.application),
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path,
      summary: 'List the applications with the profile of their headers and the learnt policy that is live.',
      reply: BrowserPolicies,
      handle: async () => await showPolicies(parts),
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: `${path}/:application`,
      summary: 'Get what is live for an application, and the policy that its reports propose.',
      params: One,
      reply: BrowserPolicy,
      errors: ['BROWSER_APPLICATION_UNKNOWN'],
      handle: async ({ params }) => await showPolicy(parts, params.application),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:application`,
      summary: 'Make a learnt policy of an application live.',
      params: One,
      body: NewBrowserPolicy,
      reply: BrowserPolicy,
      errors: [
        'BROWSER_APPLICATION_UNKNOWN',
        'BROWSER_POLICY_NOT_LEARNT',
        'BROWSER_POLICY_REFUSED',
        'BROWSER_POLICY_CHANGED',
      ],
      async handle({ principal, params, body }) {
        await makeLive(parts, principal, params.application, body)
        return await showPolicy(parts, params.application)
      },
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:application/roll-back`,
      summary: 'Make live again what was live before, in one step.',
      params: One,
      body: RollBackBrowserPolicy,
      reply: BrowserPolicy,
      errors: [
        'BROWSER_APPLICATION_UNKNOWN',
        'BROWSER_POLICY_NOT_LEARNT',
        'BROWSER_POLICY_FIRST',
        'BROWSER_POLICY_CHANGED',
      ],
      async handle({ principal, params, body }) {
        await rollBack(parts, principal, params.application, body.instead)
        return await showPolicy(parts, params.application)
      },
    }),
    defineRoute({
      ...writing,
      method: 'DELETE',
      path: `${path}/:application`,
      summary: 'Take the live policy of an application back: nothing is held any more, and everything reported.',
      params: One,
      query: Type.Object({ number: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }),
      reply: Type.Null(),
      errors: ['BROWSER_APPLICATION_UNKNOWN', 'BROWSER_POLICY_CHANGED'],
      async handle({ principal, params, query }) {
        await retire(parts, principal, params.application, query.number)
        return null
      },
    }),
  ]
}
