import type { Attempt, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { User } from '@custodia/wire/http/identity.ts'
import type { KeptMail } from '@custodia/wire/http/mail.ts'
import { Secret, TOTP } from 'otpauth'
import { MemoryCache } from '../../platform/cache/memory-cache.ts'
import type { Answer, Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, signInAs } from '../testing.ts'

/** Strange networks and browsers are nothing unusual here. */
export const unsuspicious = { riskAsk: 200, riskNotify: 200 }

/** A process that waits for nobody's tries and suspects nobody: each request gets as far as what it is to test. */
export async function unhurried({ house, process }: IdentityHouse): Promise<IdentityProcess> {
  class Plenty extends MemoryCache {
    override async spend() {
      return { allowed: true, remaining: 1, retryAfterSeconds: 0 }
    }
  }
  return await process(unsuspicious, { cache: new Plenty({ clock: house.machine.clock }) })
}

let nets = 0

/** A browser from a network of its own. */
export function stranger(process: IdentityProcess, cookie: string | null = null): Browser {
  const address = `198.51.${Math.floor(++nets / 250)}.${nets % 250}`
  const browser = process.server.browser()
  browser.cookie = cookie
  const call = browser.call.bind(browser)
  browser.call = (method, path, body, headers) => call(method, path, body, { 'x-forwarded-for': address, ...headers })
  return browser
}

/** What an authenticator app shows, `steps` from the house's now. */
export function codeOf({ house }: IdentityHouse, secret: string, steps = 0): string {
  const timestamp = house.machine.clock.nowMs() + steps * 30_000
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp })
}

export type Holder = {
  readonly browser: Browser
  readonly user: User
  readonly email: string
  readonly id: string
  readonly secret: string
  readonly recoveryCodes: string[]
}

/** The first administrator, signed in just now from a network of their own. */
export async function administratorOf(process: IdentityProcess): Promise<Browser> {
  const browser = stranger(process)
  const { status } = await signInAs(browser, 'ada@northwind.example')
  if (status !== 200) throw new Error(`the administrator was refused: ${status}`)
  return browser
}

/** Somebody with a password alone, signed in just now. */
export async function newcomer(process: IdentityProcess, roles: string[] = ['member']) {
  const { user, email } = await join(process, await administratorOf(process), { roles })
  const browser = stranger(process)
  await signInAs(browser, email)
  return { browser, user, email }
}

/** Somebody with an authenticator app, whose code of this moment is used up. */
export async function holder(house: IdentityHouse, process: IdentityProcess): Promise<Holder> {
  const person = await newcomer(process)
  return { ...person, ...(await enrol(house, person.browser)) }
}

export async function enrol(house: IdentityHouse, browser: Browser) {
  const offer = await browser.call('POST', '/v1/me/factors/totp')
  const { id, secret } = offer.body as { id: string; secret: string }
  const code = codeOf(house, secret)
  const answer = await browser.call('POST', '/v1/me/factors/totp/confirm', { id, code, name: 'Telephone' })
  if (answer.status !== 201) throw new Error(`enrolling failed: ${JSON.stringify(answer.body)}`)
  return { id, secret, recoveryCodes: answer.body.recoveryCodes as string[] }
}

/** The password's half of a sign-in, in a browser of its own. */
export async function begin(process: IdentityProcess, email: string): Promise<{ browser: Browser; attempt: Attempt }> {
  const browser = stranger(process)
  const answer = await signInAs(browser, email)
  if (answer.status !== 200 || answer.body.attempt === null)
    throw new Error(`nothing more was asked: ${JSON.stringify(answer)}`)
  return { browser, attempt: answer.body.attempt as Attempt }
}

export const prove = (browser: Browser, factor: string, code: string): Promise<Answer> =>
  browser.call('POST', '/v1/sign-in/factor', { factor, code })

/** Who this browser's session is of; null where it has none. */
export async function signedInAs(browser: Browser): Promise<string | null> {
  const { status, body } = await browser.call('GET', '/v1/me')
  return status === 200 ? (body.user as User).id : null
}

/** Changes what the organisation demands. */
export async function demand(process: IdentityProcess, changes: Partial<SignInPolicy>): Promise<void> {
  const administrator = await administratorOf(process)
  const { body } = await administrator.call('GET', '/v1/policies/sign-in')
  const answer = await administrator.call('PUT', '/v1/policies/sign-in', { ...body, ...changes })
  if (answer.status !== 200) throw new Error(`the policy was refused: ${JSON.stringify(answer.body)}`)
}

/** What a person got by mail, the newest first. */
export async function mailsTo(process: IdentityProcess, email: string): Promise<KeptMail[]> {
  const { body } = await (await administratorOf(process)).call('GET', '/v1/mailbox')
  return (body.items as KeptMail[]).filter(({ to }) => to === email)
}

/** What went to a number, the newest first. */
export const textsTo = (process: IdentityProcess, number: string): Promise<KeptMail[]> => mailsTo(process, number)

let numbers = 0

/** A number that nobody has. */
export const newNumber = (): string => `+4915${2_000_000 + ++numbers}`

/** The code of the newest text that has one; `none` where there is none. */
export async function codeTo(process: IdentityProcess, number: string): Promise<string> {
  const text = (await textsTo(process, number)).find(({ kind }) => kind === 'phone-code' || kind === 'sign-in-code')
  return /code is (\d{4} \d{4})\./.exec(text?.text ?? '')?.[1] ?? 'none'
}

/** Enrols a phone in a session that is fresh. @returns its identifier, and the recovery codes that came with it. */
export async function enrolPhone(process: IdentityProcess, browser: Browser, number: string) {
  const offer = await browser.call('POST', '/v1/me/factors/phone', { number })
  if (offer.status !== 201) throw new Error(`the number was refused: ${JSON.stringify(offer.body)}`)
  const code = await codeTo(process, number)
  const answer = await browser.call('POST', '/v1/me/factors/phone/confirm', { id: offer.body.id, code, name: 'Mobile' })
  if (answer.status !== 201) throw new Error(`enrolling failed: ${JSON.stringify(answer.body)}`)
  return { id: answer.body.id as string, recoveryCodes: answer.body.recoveryCodes as string[] | null }
}
