import type { Keyring } from '../keyring/api.ts'
import { isLoopback } from '../platform/http/hosts.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Mail } from './api.ts'
import { Courier } from './courier.ts'
import { deliverer } from './deliver.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { delivery, sweep } from './jobs.ts'
import type { Parts } from './parts.ts'
import { config } from './parts.ts'
import { routes } from './routes.ts'
import { send } from './send.ts'
import { parseSender } from './sender.ts'
import { subjectData } from './subject-data.ts'
import { httpProvider } from './texts/http-provider.ts'
import { allows } from './texts/prefixes.ts'
import type { TextProvider } from './texts/provider.ts'
import { sendText } from './texts/send-text.ts'
import type { Transport } from './transport.ts'
import { smtpTransport } from './transport.ts'

type Uses = { keyring: Keyring }

type MailModule = Mail & {
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
  /** Resolves once nothing that was sent lately is under way in this process. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export const mail = defineModule<MailModule, Uses, typeof config>({
  name: 'mail',
  uses: ['keyring'],
  config,
  permissions: {
    'mail:mailbox:read': { summary: 'Read the development mailbox, with codes and links that are meant for others.' },
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createMail,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  stop: (api) => api.stop(),
})

/** @param transport and `provider` instead of those that the settings name. */
export async function createMail(
  context: Context<typeof config>,
  { keyring }: Uses,
  transport: Transport | null = smtpOf(context),
  provider: TextProvider | null = providerOf(context),
): Promise<MailModule> {
  const outcomes = context.metrics.counter('custodia_mail_messages_total', 'Mails and texts by what became of them.', [
    'channel',
    'outcome',
  ])
  const mode = transport !== null ? 'smtp' : mailboxOn(context) ? 'mailbox' : 'off'
  const texts = provider !== null ? 'http' : context.config.texts === 'development' ? 'development' : 'off'
  const carriers = { mail: transport, text: provider }
  const courier =
    transport === null && provider === null ? null : new Courier(deliverer({ context, keyring, carriers, outcomes }))
  const textKey = await keyring.secret('text-count')
  const parts: Parts = { context, keyring, mode, texts, textKey, courier, outcomes }
  if (mode === 'mailbox' && !ownMachine(context.publicUrl))
    context.log.warn({}, 'mails are not sent but kept in the development mailbox, where administrators read them')
  if (texts === 'development' && !ownMachine(context.publicUrl))
    context.log.warn({}, 'texts are not sent but kept in the development mailbox, where administrators read them')
  return {
    send: (tx, message) => send(parts, tx, message),
    deliverable: mode !== 'off',
    hasMailbox: mode === 'mailbox' || texts === 'development',
    sendText: (tx, message) => sendText(parts, tx, message),
    textDeliverable: texts !== 'off' && context.config.textPrefixes.some((prefix) => !prefix.startsWith('!')),
    canText: (number) => allows(context.config.textPrefixes, number),
    routes: routes(parts),
    jobs: [...(courier === null ? [] : [delivery(courier)]), sweep(parts)],
    subjectData: subjectData(parts),
    idle: async () => await courier?.idle(),
    stop: async () => await courier?.stop(),
  }
}

/** @throws Error where the settings contradict each other. */
function smtpOf({ config: { smtpUrl, from, mailbox }, publicUrl }: Context<typeof config>): Transport | null {
  if (smtpUrl === null) return null
  if (mailbox === 'development')
    throw new Error(
      'CUSTODIA_MAIL_MAILBOX is development and CUSTODIA_MAIL_SMTP_URL is set: mails are kept or sent, not both.',
    )
  if (from === null)
    throw new Error('CUSTODIA_MAIL_SMTP_URL is set and CUSTODIA_MAIL_FROM is not: say who the mails come from.')
  return smtpTransport({ url: smtpUrl, from: parseSender(from), name: new URL(publicUrl).hostname })
}

/** @throws Error where the settings contradict each other. */
function providerOf({ config: settings }: Context<typeof config>): TextProvider | null {
  const { texts, textUrl, textHeader, textSecret, textEncoding, textFields, textPrivate } = settings
  if (texts !== 'http') return null
  if (textUrl === null)
    throw new Error('CUSTODIA_MAIL_TEXTS is http and CUSTODIA_MAIL_TEXT_URL is not set: say where the texts go.')
  return httpProvider({
    url: textUrl,
    header: textSecret === null ? null : { name: textHeader, value: textSecret },
    encoding: textEncoding,
    fields: textFields,
    allowPrivate: textPrivate,
  })
}

const mailboxOn = ({ config: { mailbox }, publicUrl }: Context<typeof config>): boolean =>
  mailbox === 'development' || (mailbox === 'auto' && ownMachine(publicUrl))

/** True where only this machine's own browsers get there (RFC 6761 §6.3). */
function ownMachine(publicUrl: string): boolean {
  const { hostname } = new URL(publicUrl)
  return isLoopback(hostname) || hostname.endsWith('.localhost')
}
