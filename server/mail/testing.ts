import { keyring } from '../keyring/module.ts'
import type { TestMachine } from '../keyring/testing.ts'
import { testMachine } from '../keyring/testing.ts'
import type { Settings } from '../platform/config/setting.ts'
import type { Database } from '../platform/database/database.ts'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import type { Event } from '../platform/events/event.ts'
import type { Job } from '../platform/jobs/job.ts'
import type { Context } from '../platform/module.ts'
import { newId } from '../platform/random.ts'
import type { MailMessage, TextMessage } from './api.ts'
import { createMail, mail } from './module.ts'
import type { config } from './parts.ts'
import type { TextProvider } from './texts/provider.ts'
import type { Transport } from './transport.ts'

type Config = Settings<typeof config>

export const testConfig: Config = {
  smtpUrl: null,
  from: 'Northwind Studio <accounts@northwind.example>',
  mailbox: 'auto',
  maxPerHour: 20,
  retentionDays: 7,
  texts: 'off',
  textPrefixes: [],
  textUrl: null,
  textPrivate: false,
  textHeader: 'authorization',
  textSecret: null,
  textEncoding: 'json',
  textFields: { to: '{to}', text: '{text}' },
  maxTextsPerHour: 10,
  maxTextsPerNetwork: 60,
  maxTextsPerDay: 500,
}

export type MailProcess = {
  readonly context: Context<typeof config>
  readonly database: Database
  readonly mail: Awaited<ReturnType<typeof createMail>>
  /** Sends one message in a transaction of its own. */
  send(changes?: Partial<MailMessage>): Promise<void>
  sendText(changes?: Partial<TextMessage>): Promise<void>
  /** Runs the module's own job once. */
  run(name: string): Promise<void>
}

export type MailHouse = {
  readonly db: TestDatabase
  readonly machine: TestMachine
  /** This module's events so far. */
  events(): Event[]
  process(
    config?: Partial<Config>,
    changes?: Partial<Context>,
    transport?: Transport,
    provider?: TextProvider,
  ): Promise<MailProcess>
  rows(): Promise<readonly Record<string, unknown>[]>
  /** Waits for what is under way, then forgets every message and event. */
  empty(): Promise<void>
  close(): Promise<void>
}

export const newMessage = (changes: Partial<MailMessage> = {}): MailMessage => ({
  organisationId: 'org_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  subjectId: newId('usr'),
  to: 'mira@example.org',
  kind: 'sign-in-code',
  subject: 'Your code',
  text: 'The code is 493 117.\n',
  ...changes,
})

export const newText = (changes: Partial<TextMessage> = {}): TextMessage => ({
  organisationId: 'org_aaaaaaaaaaaaaaaaaaaaaaaaaa',
  subjectId: newId('usr'),
  to: '+4915123456789',
  kind: 'sign-in-code',
  text: 'Your code: 4931 1700',
  expiresAt: new Date(600_000),
  askedFrom: null,
  ...changes,
})

/** One database, one root key, and as many processes on them as a test wants. */
export async function openMailHouse(): Promise<MailHouse> {
  const db = await openTestDatabase(
    [keyring, mail].map((module) => ({ module: module.name, folder: module.migrations as URL })),
  )
  const machine = await testMachine()
  const mails: Awaited<ReturnType<typeof createMail>>[] = []
  return {
    db,
    machine,
    events: () => machine.events.filter(({ type }) => type.startsWith('mail.')),
    async process(config = {}, changes = {}, transport, provider) {
      const database: Database = mails.length === 0 ? db.database : await db.reopen()
      const base = machine.context(database)
      const context = { ...base, ...changes, config: { ...testConfig, ...config } } as Context<typeof mail.config & {}>
      const uses = { keyring: await machine.start(database, { bus: base.bus }) }
      const started = await createMail(context, uses, transport, provider)
      mails.push(started)
      return {
        context,
        database,
        mail: started,
        send: async (message) => await database.transaction((tx) => started.send(tx, newMessage(message))),
        async sendText(message = {}) {
          const expiresAt = new Date(machine.clock.nowMs() + 600_000)
          await database.transaction((tx) => started.sendText(tx, newText({ expiresAt, ...message })))
        },
        async run(name) {
          const job = started.jobs.find((one: Job) => one.name === name)
          await job?.run(new AbortController().signal)
        },
      }
    },
    rows: () => db.asOwner('select * from mail.message order by created_at, id'),
    async empty() {
      await Promise.all(mails.map((one) => one.idle()))
      await db.asOwner('delete from mail.message')
      await db.asOwner('delete from mail.text_count')
      machine.events.length = 0
    },
    async close() {
      await Promise.all(mails.map((one) => one.stop()))
      await machine.close()
      await db.close()
    },
  }
}
