import assert from 'node:assert/strict'
import { placeOf } from '../../mail/parts.ts'
import { readOf } from '../../mail/store.ts'
import type { frozenClock } from '../../platform/clock.ts'
import type { Answer, Browser } from '../../sessions/testing.ts'
import type { IdentityProcess } from '../testing.ts'
import { goodPassword } from '../testing.ts'

export type Addressee = { readonly id: string; readonly organisationId: string }

export type ReadMail = { readonly kind: string; readonly to: string; readonly subject: string; readonly text: string }

export const nextPassword = 'eleven brass kettles hum'

/** What was mailed to somebody, in the order in which it was sent. */
export async function mailsOf(process: IdentityProcess, user: Addressee): Promise<ReadMail[]> {
  const rows = await readOf(process.context.database.queries, user.organisationId, user.id)
  const mails = rows.map(async (row) => {
    const body = await process.keyring.open(placeOf(row), row.body_sealed as Buffer)
    return { kind: row.kind, ...(JSON.parse(body.toString()) as Omit<ReadMail, 'kind'>) }
  })
  return (await Promise.all(mails)).reverse()
}

/** The newest mail of a kind; there must be one. */
export async function mailOf(process: IdentityProcess, user: Addressee, kind: string): Promise<ReadMail> {
  const found = (await mailsOf(process, user)).findLast((mail) => mail.kind === kind)
  assert.ok(found, `no mail of the kind ${kind}`)
  return found
}

/** The token of the link that leads to a page of ours. */
export function tokenIn({ text }: ReadMail, page: string): string {
  const found = new RegExp(`^http://custodia\\.localhost/${page}#([a-z2-7]{52})$`, 'm').exec(text)
  assert.ok(found, `no link to ${page}`)
  return found[1] as string
}

export async function ask(process: IdentityProcess, email: string, from = '192.0.2.7'): Promise<Answer> {
  const answer = await process.server.browser().call('POST', '/v1/recovery', { email }, { 'x-forwarded-for': from })
  await process.identity.settled()
  // So that of two mails one is the newer.
  ;(process.context.clock as ReturnType<typeof frozenClock>).advance(1)
  return answer
}

let asked = 0

/** Asks, each time from another network, and reads the mail. @returns the token. */
export async function recoveryToken(process: IdentityProcess, email: string, user: Addressee): Promise<string> {
  asked += 1
  assert.equal((await ask(process, email, `198.51.${Math.trunc(asked / 250)}.${asked % 250}`)).status, 202)
  return tokenIn(await mailOf(process, user, 'recovery'), 'recovery')
}

export const complete = (browser: Browser, token: string, password = nextPassword) =>
  browser.call('POST', '/v1/recovery/complete', { token, password })

export const signInBy = (browser: Browser, email: string, password = goodPassword) =>
  browser.call('POST', '/v1/sign-in', { email, password })
