import { sql } from 'kysely'
import { newId } from '../../platform/random.ts'
import type { Answer, Browser } from '../../sessions/testing.ts'
import { signIn } from '../../sessions/testing.ts'
import { place } from '../parts.ts'
import type { IdentityProcess } from '../testing.ts'
import { join, signInAs } from '../testing.ts'
import type { CreationOptions, CredentialJson, RequestOptions, Twist } from './software-authenticator.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'

/** A person with a browser, and an authenticator in their hand. */
export type Holder = {
  readonly browser: Browser
  readonly email: string
  readonly userId: string
  readonly key: SoftwareAuthenticator
}

let networks = 0

/** A browser from a network of its own, so that tests do not wait for each other's tries. */
export function stranger({ server }: IdentityProcess): Browser {
  networks += 1
  const address = `198.18.${networks >> 8}.${networks & 255}`
  const browser = server.browser()
  const call = browser.call.bind(browser)
  browser.call = (method, path, body, headers) => call(method, path, body, { 'x-forwarded-for': address, ...headers })
  return browser
}

export async function optionsOf<Options>(browser: Browser, path: string, body?: unknown): Promise<Options> {
  const { status, body: said } = await browser.call('POST', path, body)
  if (status !== 200) throw new Error(`no options: ${JSON.stringify(said)}`)
  return said.options as Options
}

export const creation = (browser: Browser, path = '/v1/me/passkeys/options') =>
  optionsOf<CreationOptions>(browser, path)

export const add = (browser: Browser, credential: CredentialJson, name = 'Laptop'): Promise<Answer> =>
  browser.call('POST', '/v1/me/passkeys', { credential, name })

/** Asks for options and registers what the authenticator makes of them. */
export const enrol = async (browser: Browser, key: SoftwareAuthenticator, twist?: Twist): Promise<Answer> =>
  await add(browser, key.create(await creation(browser), twist))

/** Somebody new with one passkey. */
export async function holder(
  process: IdentityProcess,
  administrator: Browser,
  key = new SoftwareAuthenticator(),
): Promise<Holder> {
  const { browser, email, user } = await join(process, administrator)
  const answer = await enrol(browser, key)
  if (answer.status !== 201) throw new Error(`no passkey: ${JSON.stringify(answer.body)}`)
  return { browser, email, userId: user.id, key }
}

export const wayIn = (browser: Browser) => optionsOf<RequestOptions>(browser, '/v1/sign-in/passkey/options')

export const finish = (browser: Browser, credential: CredentialJson): Promise<Answer> =>
  browser.call('POST', '/v1/sign-in/passkey', { credential })

/** Signs in without a user name. */
export const enter = async (browser: Browser, key: SoftwareAuthenticator, twist?: Twist): Promise<Answer> =>
  await finish(browser, key.get(await wayIn(browser), twist))

/** Signs in by password, and takes the challenge for the second factor. */
export async function halfIn(browser: Browser, email: string): Promise<RequestOptions> {
  const { body } = await signInAs(browser, email)
  if (body.attempt === null) throw new Error('no second factor was asked for')
  return await optionsOf<RequestOptions>(browser, '/v1/sign-in/challenge', { factor: 'passkey' })
}

export const prove = (browser: Browser, credential: CredentialJson): Promise<Answer> =>
  browser.call('POST', '/v1/sign-in/factor', { factor: 'passkey', credential })

/** Somebody of another organisation, with a session: there is no way to make one over the API, so that the rows are made here. */
export async function elsewhere(process: IdentityProcess): Promise<{ browser: Browser; userId: string }> {
  const { context, keyring } = process
  const [organisationId, userId] = [newId('org'), newId('usr')]
  const sealed = async (field: 'email' | 'name', text: string) =>
    await keyring.seal(place({ organisationId, id: userId }, field), text)
  const now = new Date(context.clock.nowMs())
  await sql`insert into identity.organisation (id, name, created_at) values (${organisationId}, 'Contoso', ${now})`.execute(
    context.database.queries,
  )
  const row = [await sealed('email', 'zed@contoso.example'), await sealed('name', 'Zed')] as const
  await sql`insert into identity.person (id, organisation_id, email_index, email_sealed, name_sealed, state, password, created_at)
    values (${userId}, ${organisationId}, ${Buffer.from(userId)}, ${row[0]}, ${row[1]}, 'active', 'none', ${now})`.execute(
    context.database.queries,
  )
  const { cookie } = await signIn(process, { userId, organisationId })
  return { browser: process.server.browser(cookie), userId }
}
