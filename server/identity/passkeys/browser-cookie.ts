import { createHmac } from 'node:crypto'
import { cookieValues } from '@custodia/edge/browser/cookies.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import type { Bound } from './challenges.ts'
import { challengeSeconds } from './relying-party.ts'

const name = '__Host-custodia-passkey'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const clearBrowserCookie = `${name}=; ${attributes}; Max-Age=0`

/**
 * Whose browser it is, before anybody has signed in: a random value of its own, which challenges are bound to. One that is there is
 * kept, since several pages of a browser may each wait for a passkey.
 */
export function markBrowser(parts: Parts, head: RequestHead): { readonly bound: Bound; readonly cookie: string } {
  const token = read(head.headers.cookie) ?? parts.context.random.bytes(32).toString('base64url')
  return { bound: boundTo(parts, token), cookie: `${name}=${token}; ${attributes}; Max-Age=${challengeSeconds}` }
}

/** @returns null where the browser was given no mark, or sends two. */
export function browserOf(parts: Parts, head: RequestHead): Bound | null {
  const token = read(head.headers.cookie)
  return token === null ? null : boundTo(parts, token)
}

const boundTo = ({ attemptKey }: Parts, token: string): Bound => ({
  kind: 'browser',
  id: createHmac('sha256', attemptKey).update(`passkey-browser:${token}`).digest('base64url'),
})

function read(header: string | undefined): string | null {
  const found = cookieValues(header, name)
  return found.length === 1 && /^[A-Za-z0-9_-]{43}$/.test(found[0] as string) ? (found[0] as string) : null
}
