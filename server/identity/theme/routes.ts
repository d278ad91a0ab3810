import { Id } from '@custodia/wire/http/common.ts'
import { Theme, ThemeChange } from '@custodia/wire/http/theme.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { changeTheme } from './change-theme.ts'
import { readThemeFor } from './read-theme.ts'
import { readLogoBytes } from './store.ts'

/** A logo of 65,536 bytes as base64url, and room for what stands beside it. */
const changeLimitBytes = 98_304

export function themeRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/theme',
      summary:
        'Get the name, colour and logo of the pages: of your organisation, of the one you sign in to, or of the one that is named.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      query: Type.Object({ organisation: Type.Optional(Id('org')) }),
      reply: Theme,
      handle: async ({ principal, head, query }) => {
        const theme = await readThemeFor(parts, { principal, head, named: query.organisation ?? null })
        const { cookie, authorization } = head.headers
        // The same for every stranger; whoever brings something of their own may belong somewhere.
        return cookie === undefined && authorization === undefined
          ? new Reply(200, theme, { 'cache-control': 'public, max-age=60', vary: 'cookie, authorization' })
          : theme
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/theme',
      summary: 'Change the name, colour and logo of your organisation’s pages; what is left out stays.',
      who: { permission: 'identity:theme:write' },
      limit: 'expensive',
      sensitive: true,
      body: ThemeChange,
      bodyLimitBytes: changeLimitBytes,
      reply: Theme,
      errors: ['IDENTITY_LOGO_UNFIT'],
      handle: async ({ principal, body }) => await changeTheme(parts, body, principal),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/theme/logos/:hash',
      summary: 'Get a logo, by the SHA-256 of its bytes.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      params: Type.Object({ hash: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) }),
      reply: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
      replyType: 'image/*',
      errors: ['IDENTITY_LOGO_UNKNOWN'],
      handle: async ({ params }) => {
        const logo = await readLogoBytes(parts.context.database.queries, params.hash)
        if (logo === null) throw refuse('IDENTITY_LOGO_UNKNOWN')
        return new Reply<Uint8Array>(200, logo.bytes, {
          'content-type': logo.type,
          // The address is made of the bytes: what is there never changes.
          'cache-control': 'public, max-age=31536000, immutable',
          // Opened by itself it is still a picture: no script, no plug-in, no form, no origin.
          'content-security-policy': "default-src 'none'; sandbox",
          'cross-origin-resource-policy': 'same-origin',
          'x-content-type-options': 'nosniff',
        })
      },
    }),
  ]
}
