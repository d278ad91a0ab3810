import { Type } from 'typebox'
import type { DocumentedErrors } from './error-page.ts'
import { codePages, errorPage, errorPageHeaders } from './error-page.ts'
import { refuseRequest } from './errors.ts'
import type { Route } from './route.ts'
import { defineRoute, Reply } from './route.ts'

const Alive = Type.Object({ status: Type.Literal('ok') })

/** One thing that must work before requests may come, as in `database`. Rejects where it does not. */
export type ReadinessCheck = { readonly name: string; check(): Promise<void> }

/** What every server of the house answers, whatever modules it has. */
export function systemRoutes(
  checks: readonly ReadinessCheck[],
  draining: () => boolean,
  document: () => object,
  errorTables: readonly DocumentedErrors[],
): readonly Route[] {
  const errors = errorPage(errorTables)
  const pages = codePages(errorTables)
  const common = { method: 'GET', who: 'anyone', limit: 'read', sensitive: false } as const
  return [
    defineRoute({
      ...common,
      path: '/livez',
      summary: 'Tell whether the process lives.',
      reply: Alive,
      handle: async () => ({ status: 'ok' as const }),
    }),
    defineRoute({
      ...common,
      path: '/readyz',
      summary: 'Tell whether the server takes requests; 503 names what does not work.',
      reply: Alive,
      handle: async () => {
        if (draining()) throw refuseRequest('SERVER_BUSY', { detail: 'shutting down', retryAfterSeconds: 5 })
        const failed = await Promise.all(
          checks.map(async ({ name, check }) =>
            check().then(
              () => null,
              () => name,
            ),
          ),
        )
        const names = failed.filter((name) => name !== null)
        if (names.length > 0)
          throw refuseRequest('SERVER_BUSY', { detail: `not working: ${names.join(', ')}`, retryAfterSeconds: 1 })
        return { status: 'ok' as const }
      },
    }),
    defineRoute({
      ...common,
      path: '/openapi.json',
      summary: 'Get this document (OpenAPI 3.1).',
      reply: Type.Unknown(),
      replyType: 'application/json; charset=utf-8',
      handle: async () => JSON.stringify(document()),
    }),
    defineRoute({
      ...common,
      path: '/docs/errors',
      summary: 'Read what each error code means, as a page for people.',
      reply: Type.String(),
      replyType: 'text/html; charset=utf-8',
      handle: async () => new Reply(200, errors, errorPageHeaders),
    }),
    defineRoute({
      ...common,
      path: '/docs/errors/:code',
      summary: 'Read what one error code means and what to do about it, as a page for people.',
      params: Type.Object({ code: Type.String({ pattern: '^[A-Z][A-Z0-9_]{1,79}$' }) }),
      reply: Type.String(),
      replyType: 'text/html; charset=utf-8',
      handle: async ({ params }) => {
        const found = pages.get(params.code)
        if (found === undefined) throw refuseRequest('ROUTE_UNKNOWN')
        return new Reply(200, found, errorPageHeaders)
      },
    }),
  ]
}
