import { cookieValues } from '@custodia/edge/browser/cookies.ts'

const name = '__Host-custodia-device'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
export const deviceSeconds = 400 * 86_400

/** Several people may share a browser: each has a token of their own, the one of the last sign-in first. */
const maxTokens = 4
const pattern = /^[A-Za-z0-9_-]{43}(?:\.[A-Za-z0-9_-]{43}){0,3}$/

export const setDeviceCookie = (tokens: readonly string[]): string =>
  `${name}=${tokens.slice(0, maxTokens).join('.')}; ${attributes}; Max-Age=${deviceSeconds}`

/** @returns none where the cookie is not of the form that we set, or stands twice. */
export function readDeviceTokens(header: string | undefined): string[] {
  const found = cookieValues(header, name)
  return found.length === 1 && pattern.test(found[0] as string) ? (found[0] as string).split('.') : []
}
