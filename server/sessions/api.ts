import type { Session } from '@custodia/wire/http/sessions.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'

export { assuranceOf } from '../platform/http/assurance.ts'

export type StartedSession = {
  readonly sessionId: string
  /** The whole Set-Cookie header: `__Host-custodia`, Path=/, Secure, HttpOnly, SameSite=Lax. Browsers take it over https and on *.localhost. */
  readonly cookie: string
}

/** What the reply to whoever has just signed in carries. */
export type NewlySignedIn = StartedSession & {
  /** Headers that offer the browser to bind the session to a key of its device (DBSC); it alone decides. */
  readonly offer: Readonly<Record<string, string>>
}

export type EndedAll = {
  readonly organisationId: string
  readonly userId: string
  /** As `sessions.ended-all` says it in the ledger. */
  readonly why: string
  readonly actor: Actor
  /** The session that was spared. */
  readonly except: string | null
}

export type EndAllListener = (tx: Queries, ended: EndedAll) => Promise<void>

export type Sessions = {
  /**
   * Issues a session in the caller's transaction, with its event. A held session of the same person whose cookie the request came
   * with ends by it.
   *
   * @param session.factors names as `assurance.ts` knows them: they decide how long it lives.
   * @param session.unprovable the sign-in was unusual and nothing more could be asked: until there are two factors, none is fresh.
   * @param session.risk how unlike the person's others the sign-in was: a whole number, 0 (as where it is left out) to 1,000.
   * @throws Refusal SESSIONS_TOO_MANY where a role of the person refuses one more.
   */
  start(
    tx: Queries,
    session: {
      userId: string
      organisationId: string
      factors: readonly string[]
      head: RequestHead
      unprovable?: boolean
      risk?: number
    },
  ): Promise<NewlySignedIn>
  /**
   * At every change of privilege: replaces the cookie by one that is worth `factors` too, proven now. The session and its identifier
   * stay, and so do the cookies of applications, worth what they were; a hand-over makes them worth as much. The old cookie serves
   * as what it was for ten more seconds, so that other tabs are not signed out.
   *
   * @throws Refusal SESSIONS_OVER where the session ended or was held meanwhile.
   */
  rotate(
    tx: Queries,
    principal: UserPrincipal,
    proof: { factors: readonly string[]; head: RequestHead },
  ): Promise<StartedSession>
  /**
   * After what a person may do was changed by somebody else, in the transaction of the change: the cookie of each of their sessions is
   * replaced with the answer to its next request, and the old one serves ten seconds longer than the new one is known to have arrived.
   * Were they given more, then nothing that was proven before counts as fresh.
   *
   * @returns how many sessions were live.
   */
  rotateAll(
    tx: Queries,
    user: { organisationId: string; userId: string },
    change: { readonly raised: boolean },
  ): Promise<number>
  /**
   * Who this request's cookie speaks for, on this host. Cached for as long as the bus is known to be alive.
   *
   * @returns null where there is no cookie, it is not live any more, or its session is held.
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
  /** A person's live sessions, newest first, at most 200. */
  list(user: { organisationId: string; userId: string }): Promise<readonly Session[]>
  /**
   * Called within the transaction in which all of a person's sessions end, or all but one: what it writes stands or falls with that.
   * Not called where none was live.
   */
  onEndAll(listener: EndAllListener): () => void
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
