import { createHmac, timingSafeEqual } from 'node:crypto'

/** For `crossSite`: where a form can't rely on browsers to say where they send from. */
export type CsrfTokens = {
  /** The session's token for forms: a new text each time, so that compression tells nothing of it. */
  make(sessionId: string): string
  /** In a time that does not depend on what is wrong. */
  holds(sessionId: string, token: string | undefined): boolean
}

/** The header in which scripts send the token. */
export const csrfHeader = 'x-csrf-token'

const maskBytes = 16
const macBytes = 32

/**
 * Tokens that are bound to a session: `HMAC-SHA-256(key, "csrf" ‖ session)` behind a mask, so that nothing is stored and another session's
 * token, or one that an attacker has planted, is worth nothing (OWASP, "signed double-submit", with the session inside).
 *
 * @param key 32 bytes or more, for this alone.
 * @param random gives that many fresh bytes.
 */
export function csrfTokens(key: Uint8Array, random: (length: number) => Uint8Array): CsrfTokens {
  if (key.length < 32) throw new TypeError('a key of 32 bytes or more is needed')
  const macOf = (sessionId: string) => createHmac('sha256', key).update('custodia csrf\0').update(sessionId).digest()
  const masked = (mask: Uint8Array, mac: Uint8Array) => {
    const pad = createHmac('sha256', mask).update('mask').digest()
    return Buffer.from(mac.map((byte, i) => byte ^ (pad[i] as number)))
  }
  return {
    make(sessionId) {
      const mask = Buffer.from(random(maskBytes))
      return Buffer.concat([mask, masked(mask, macOf(sessionId))]).toString('base64url')
    },
    holds(sessionId, token) {
      const bytes = Buffer.from(/^[A-Za-z0-9_-]{64}$/.test(token ?? '') ? (token as string) : '', 'base64url')
      const whole = bytes.length === maskBytes + macBytes
      const given = whole ? bytes : Buffer.alloc(maskBytes + macBytes)
      const mask = given.subarray(0, maskBytes)
      return timingSafeEqual(given.subarray(maskBytes), masked(mask, macOf(sessionId))) && whole && sessionId !== ''
    },
  }
}
