import { cookieValues } from '@custodia/edge/browser/cookies.ts'

const name = '__Host-custodia-attempt'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
export const attemptSeconds = 600

export const setAttemptCookie = (token: string): string => `${name}=${token}; ${attributes}; Max-Age=${attemptSeconds}`

export const clearAttemptCookie = `${name}=; ${attributes}; Max-Age=0`

/** @returns null where there is none, it is not of the form that we set, or the name stands twice. */
export function readAttemptToken(header: string | undefined): string | null {
  const found = cookieValues(header, name)
  return found.length === 1 && /^[A-Za-z0-9_-]{43}$/.test(found[0] as string) ? (found[0] as string) : null
}
