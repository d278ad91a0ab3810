import type { CsrfTokens } from '@custodia/edge/browser/csrf-token.ts'
import { csrfHeader } from '@custodia/edge/browser/csrf-token.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Application } from '../applications.ts'

/** What a token is bound to: a session at one application, so that another application's is worth nothing here. Null where there are none. */
export function csrfSession({ name, edge }: Application, principal: Principal | null): string | null {
  return edge.browser.csrfTokens && principal?.kind === 'user' ? `${name} ${principal.sessionId}` : null
}

/** Whether the token that came in `X-CSRF-Token` is this session's. Bodies are passed on unread: no form field is looked for. */
export function hasCsrfToken(
  tokens: CsrfTokens,
  application: Application,
  principal: Principal,
  { headers }: RequestHead,
): boolean {
  const session = csrfSession(application, principal)
  const token = headers[csrfHeader]
  return session !== null && tokens.holds(session, typeof token === 'string' ? token : undefined)
}
