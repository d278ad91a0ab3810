import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'

export type StartedSession = {
  readonly sessionId: string
  /** The whole Set-Cookie header: `__Host-custodia`, Path=/, Secure, HttpOnly, SameSite=Lax. Browsers take it over https and on *.localhost. */
  readonly cookie: string
}

export type Sessions = {
  /** Issues a session in the caller's transaction, with its event. */
  start(
    tx: Queries,
    session: { userId: string; organisationId: string; factors: readonly string[]; head: RequestHead },
  ): Promise<StartedSession>
  /**
   * Who this request's cookie speaks for, on this host. Cached for as long as the bus is known to be alive.
   *
   * @returns null where there is no cookie, or it is not live any more.
   */
  authenticate(head: RequestHead): UserPrincipal | null | Promise<UserPrincipal | null>
  /** The live session's expiry, the sooner of idle and absolute. Null where it ended. */
  expiry(sessionId: string): Promise<Date | null>
  /** Set-Cookie header that removes the cookie. */
  readonly clearCookie: string
  /** Ends one session, its gateway cookies with it, in the caller's transaction. @returns false where none was live. */
  end(tx: Queries, organisationId: string, sessionId: string, why: string, actor: Actor): Promise<boolean>
  /** 'Sign out everywhere': one write, however many there are. @returns how many were live. */
  endAll(
    tx: Queries,
    user: { organisationId: string; userId: string; exceptSessionId?: string },
    why: string,
    actor: Actor,
  ): Promise<number>
  /** Called with the session's id when one ends, in whichever process; null where any may have. */
  onEnd(listener: (sessionId: string | null) => void): () => void

  /**
   * First half of carrying a session to an application's host: a code that works once, for 60 seconds, on that host,
   * together with the browser's own `state`.
   */
  handOver(principal: UserPrincipal, host: string, state: string): Promise<string>
  /** Second half. @returns the cookie for that host; null where the code does not hold. */
  redeem(code: string, host: string, state: string): Promise<StartedSession | null>
}
