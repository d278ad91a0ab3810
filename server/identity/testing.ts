import type { User } from '@custodia/wire/http/identity.ts'
import { mail } from '../mail/module.ts'
import { testConfig as mailConfig } from '../mail/testing.ts'
import type { Context } from '../platform/module.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { Browser, TestHouse, TestProcess, TestServer } from '../sessions/testing.ts'
import { openTestHouse, serve, startModule } from '../sessions/testing.ts'
import { identity } from './module.ts'

const breached = {
  breachedFilter: null as string | null,
  breachRangeUrl: null as string | null,
  breachRangePrivate: false,
}
const risk = {
  // Out of reach: many people share an address here, and come at odd hours.
  riskAsk: 200,
  riskRefuse: 0,
  riskNotify: 200,
  workAfterFailures: 1_000,
  workAfterFailuresEverywhere: 10_000,
  asnDatabase: null as string | null,
  countryDatabase: null as string | null,
}
export const testConfig = {
  ...breached,
  ...risk,
  minPasswordLength: 15,
  // Of hashes most tests want no more than that they match. What they cost is tested with `usualCost`.
  argon2MemoryKib: 256,
  argon2Passes: 1,
  hashesAtOnce: 2,
  recoveryWaitHours: 24,
}

/** What passwords cost where nobody says otherwise. */
export const usualCost = { argon2MemoryKib: 19_456, argon2Passes: 2 }

export const goodPassword = 'seven grey herons wade'

/** A process with identity in it, and its doors. */
export type IdentityProcess = TestProcess & {
  readonly identity: Awaited<ReturnType<typeof identity.start>>
  readonly mail: Awaited<ReturnType<typeof mail.start>>
  readonly server: TestServer
  /** How many password hashes were made so far. */
  hashes(): number
}

export type IdentityHouse = {
  readonly house: TestHouse
  process(config?: Partial<typeof testConfig>, changes?: Partial<Context>): Promise<IdentityProcess>
  close(): Promise<void>
}

export async function openIdentityHouse(): Promise<IdentityHouse> {
  const house = await openTestHouse([mail, identity], {
    manager: { summary: 'Looks after people.', permissions: ['identity:users:*'] },
  })
  const stops: (() => Promise<void>)[] = []
  return {
    house,
    async process(config = {}, changes = {}) {
      let hashes = 0
      const metrics: Metrics = {
        counter: () => ({ add() {} }),
        gauge() {},
        duration: (name) => ({
          observe() {
            if (name === 'custodia_identity_hash_seconds') hashes += 1
          },
        }),
      }
      const process = await house.process({ metrics, publicUrl: 'http://custodia.localhost', ...changes })
      const context = { ...process.context, config: { ...testConfig, ...config } }
      const post = await startModule(
        mail,
        { ...process.context, config: { ...mailConfig, texts: 'development' as const, textPrefixes: ['+49'] } },
        process,
      )
      const api = await startModule(identity, context, { ...process, mail: post })
      const server = await serve(process, [...process.sessions.routes, ...post.routes, ...api.routes])
      stops.push(
        server.close,
        () => api.stop(),
        () => post.stop(),
      )
      return { ...process, identity: api, mail: post, server, hashes: () => hashes }
    },
    async close() {
      for (const stop of stops) await stop()
      await house.close()
    },
  }
}

export const tokenOf = (link: string): string => link.slice(link.indexOf('#') + 1)

/** Sets the installation up through its own link. @returns the first administrator's browser. */
export async function setUp(process: IdentityProcess): Promise<Browser> {
  const made = await process.identity.createSetupLink()
  if (made === null) throw new Error('it is set up already')
  const browser = process.server.browser()
  const answer = await browser.call('POST', '/v1/setup', {
    token: tokenOf(made.link),
    organisation: 'Northwind Studio',
    name: 'Ada Brandt',
    email: 'ada@northwind.example',
    password: goodPassword,
  })
  if (answer.status !== 200) throw new Error(`the set-up failed: ${JSON.stringify(answer.body)}`)
  return browser
}

let people = 0

/** Invites somebody and accepts in their name. */
export async function join(
  process: IdentityProcess,
  administrator: Browser,
  { email = `person-${++people}@example.org`, roles = ['member'] }: { email?: string; roles?: string[] } = {},
): Promise<{ browser: Browser; user: User; email: string }> {
  const invited = await administrator.call('POST', '/v1/invitations', { email, name: 'Somebody', roles })
  if (invited.status !== 201) throw new Error(`the invitation failed: ${JSON.stringify(invited.body)}`)
  const browser = process.server.browser()
  const answer = await browser.call('POST', '/v1/invitations/accept', {
    token: tokenOf(String(invited.body.link)),
    name: 'Mira Okafor',
    password: goodPassword,
  })
  if (answer.status !== 200) throw new Error(`accepting failed: ${JSON.stringify(answer.body)}`)
  return { browser, user: answer.body.user as User, email }
}

export const signInAs = (browser: Browser, email: string, password = goodPassword) =>
  browser.call('POST', '/v1/sign-in', { email, password })
