import { Mailbox } from '@custodia/wire/http/mail.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import type { Parts } from './parts.ts'
import { readMailbox } from './read-mailbox.ts'

export function routes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/mailbox',
      summary: 'Read the newest mails of your organisation that the development mailbox kept instead of sending.',
      who: { permission: 'mail:mailbox:read' },
      limit: 'expensive',
      sensitive: false,
      reply: Mailbox,
      errors: ['MAIL_MAILBOX_OFF'],
      handle: async ({ principal }) =>
        new Reply(200, await readMailbox(parts, principal), { 'cache-control': 'no-store' }),
    }),
  ]
}
