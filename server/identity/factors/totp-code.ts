import { Secret, TOTP } from 'otpauth'

// What every authenticator app supports: RFC 6238 §1.2, with the default step of §4.1.
export const periodSeconds = 30
const shape = { algorithm: 'SHA1', digits: 6, period: periodSeconds } as const
/** One step before and after: what a clock may be off, and what typing takes (RFC 6238 §5.2). */
const window = 1

const secretOf = (bytes: Uint8Array) => new Secret({ buffer: new Uint8Array(bytes).buffer })

/**
 * The time step (RFC 6238 §4.2) whose code this is.
 *
 * @param code as typed: spaces and dashes do not count.
 * @returns null where it is the code of no step within the window. Compared in constant time.
 */
export function stepOfCode(secret: Uint8Array, code: string, nowMs: number): number | null {
  const token = code.replaceAll(/[ -]/g, '')
  if (!/^\d{6}$/.test(token)) return null
  const delta = TOTP.validate({ ...shape, secret: secretOf(secret), token, timestamp: nowMs, window })
  return delta === null ? null : TOTP.counter({ period: periodSeconds, timestamp: nowMs }) + delta
}

/** A secret as base32 for typing, and as the `otpauth://` address that a QR code carries (Google's Key URI format). */
export function offerOf(secret: Uint8Array, issuer: string, account: string): { secret: string; uri: string } {
  // The format has no way to write a colon in either.
  const [from, label] = [issuer, account].map((text) => text.replaceAll(':', ' ')) as [string, string]
  const totp = new TOTP({ ...shape, issuer: from, label, secret: secretOf(secret) })
  return { secret: totp.secret.base32, uri: totp.toString() }
}
