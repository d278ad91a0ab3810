import type { Keyring, Place } from '../keyring/api.ts'
import { urlOf } from '../platform/config/addresses.ts'
import { setting } from '../platform/config/setting.ts'
import type { Context } from '../platform/module.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { Courier } from './courier.ts'
import { parseSender } from './sender.ts'
import { textSettings } from './texts/settings.ts'

export const config = {
  smtpUrl: setting.optionalCheckedText({
    description:
      'The mail server that takes what is sent, with name and password. Beyond loopback smtp:// is upgraded by STARTTLS or not used at all.',
    shape: 'smtp:// or smtps://, maybe a name and a password, a host and maybe a port',
    example: 'smtps://custodia:secret@mail.example.org',
    secret: true,
    check: smtpUrl,
  }),
  from: setting.optionalCheckedText({
    description: 'Who the mails come from. Needed where `smtpUrl` is set.',
    shape: 'an address, or a name and an address in angle brackets',
    example: 'Northwind Studio <accounts@northwind.example>',
    check(text) {
      parseSender(text)
      return text
    },
  }),
  mailbox: setting.oneOf({
    description:
      'Whether mails are kept and shown to administrators instead of sent, for development. Auto: where the public URL is of this machine, and `smtpUrl` is not set.',
    values: ['auto', 'off', 'development'],
    example: 'off',
    default: 'auto',
  }),
  maxPerHour: setting.number({
    description:
      'How many mails one person gets within an hour, three quarters of them of one kind at most; more are not sent.',
    example: '10',
    default: 20,
    min: 1,
    max: 1_000,
    unit: 'mails',
  }),
  retentionDays: setting.number({
    description: 'How long it is kept that a mail was sent; and the mail itself, in the development mailbox.',
    example: '30',
    default: 7,
    min: 1,
    max: 365,
    unit: 'days',
  }),
  ...textSettings,
}

/** RFC 5321 has no paths: whatever stands behind the host would be ignored in silence. */
function smtpUrl(text: string): string {
  urlOf('smtp:', 'smtps:')(text)
  const url = new URL(text)
  if (url.hostname === '') throw new Error('it has no host')
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw new Error('it has more than a host and a port')
  try {
    decodeURIComponent(`${url.username}${url.password}`)
  } catch {
    throw new Error('its name or password is not percent-encoded UTF-8')
  }
  if ((url.username === '') !== (url.password === '')) throw new Error('it has a name or a password without the other')
  return text
}

/** What the use cases of this module work with. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly keyring: Keyring
  /** Where mails go. */
  readonly mode: 'smtp' | 'mailbox' | 'off'
  /** Where text messages go. */
  readonly texts: 'http' | 'development' | 'off'
  /** Key of what texts are counted by. */
  readonly textKey: Buffer
  readonly courier: Courier | null
  /** By channel and outcome: sent, kept, deferred, failed, withheld. */
  readonly outcomes: ReturnType<Metrics['counter']>
}

export const nowOf = ({ context }: Pick<Parts, 'context'>): Date => new Date(context.clock.nowMs())

/** Where a message's body stands: sealed under the key of the person whose mail it is. */
export const placeOf = (message: { organisation_id: string | null; subject_id: string; id: string }): Place => ({
  organisationId: message.organisation_id,
  subjectId: message.subject_id,
  collection: 'mail.message',
  record: message.id,
  field: 'body',
  schemaVersion: 1,
})
