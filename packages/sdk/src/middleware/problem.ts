import type { Identity } from '../assertion/identity.ts'
import { CustodiaError } from '../errors.ts'

/** What the middleware needs of a client: who stands behind a header. */
export type Identifier = {
  identify(header: string | readonly string[] | null | undefined): Promise<Identity>
}

/** A refusal as every framework sends it: RFC 9457 §3. */
export type Problem = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON. It says what the person can do, and nothing about why a forged assertion failed. */
  readonly body: string
}

/**
 * @throws what was thrown, where it is not of this package: a fault is for the framework's own handler.
 */
export function problemFrom(error: unknown): Problem {
  if (!(error instanceof CustodiaError)) throw error
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  // RFC 9110 §11.6.1: a 401 names the scheme that would do.
  if (error.status === 401) {
    headers['www-authenticate'] = error.code === 'SIGNATURE_INVALID' ? 'Custodia-Signature' : 'Custodia-Assertion'
  }
  if (error.status === 503) headers['retry-after'] = '1'
  const { permission } = error.details
  const body = {
    type: `urn:custodia:error:${error.code}`,
    title: error.message.slice(error.code.length + 2),
    status: error.status,
    code: error.code,
    help: error.help,
    ...(error.code === 'PERMISSION_DENIED' ? { permission } : {}),
  }
  return { status: error.status, headers, body: JSON.stringify(body) }
}

/**
 * @throws CustodiaError ASSERTION_MISSING where nobody was identified (the middleware does not run before this route),
 * PERMISSION_DENIED where the person lacks it. An unknown permission is one that nobody has.
 */
export function demandPermission(identity: Identity | undefined, permission: string): void {
  if (identity === undefined) throw new CustodiaError('ASSERTION_MISSING')
  if (!identity.permissions.includes(permission)) throw new CustodiaError('PERMISSION_DENIED', { permission })
}
