import type { UserPrincipal } from '../platform/http/principal.ts'
import { RecentMap } from '../platform/recent-map.ts'

/** One session as this process remembers it. */
export type LiveSession = {
  readonly principal: UserPrincipal
  /** Never beyond the absolute expiry. */
  readonly expiresAtMs: number
  /** Until then the memory may be used without asking the database. */
  readonly recheckAtMs: number
}

type Handle = {
  readonly session: LiveSession
  readonly host: string | null
  /** What requests with this cookie looked like: whoever looks otherwise is looked at closely. */
  readonly agent: string
  readonly addresses: readonly string[]
}

/**
 * The sessions that this process lately read, by the fingerprint of each cookie. Bounded: what was not used lately goes first.
 *
 * What is forgotten while a read is under way must not come back with its result: `remember` takes the generation that was
 * current before the read began, and stores nothing where it has passed.
 */
export class LiveSessions {
  readonly #handles: RecentMap<Handle>
  readonly #bySession = new Map<string, Set<string>>()
  #generation = 0

  constructor(max: number) {
    this.#handles = new RecentMap(max, (fingerprint, handle) => this.#unlist(fingerprint, handle))
  }

  get generation(): number {
    return this.#generation
  }

  get size(): number {
    return this.#handles.size
  }

  get(fingerprint: string): Handle | undefined {
    return this.#handles.get(fingerprint)
  }

  remember(fingerprint: string, handle: Handle, generation: number): void {
    if (generation !== this.#generation) return
    this.#drop(fingerprint)
    this.#handles.set(fingerprint, handle)
    const { sessionId } = handle.session.principal
    const fingerprints = this.#bySession.get(sessionId) ?? new Set()
    this.#bySession.set(sessionId, fingerprints.add(fingerprint))
  }

  forgetSession(sessionId: string): void {
    this.#generation += 1
    for (const fingerprint of this.#bySession.get(sessionId) ?? []) this.#handles.delete(fingerprint)
    this.#bySession.delete(sessionId)
  }

  /** Walks all: for what happens seldom, as a change of roles. Null forgets everybody. */
  forgetPerson(userId: string | null): void {
    this.#generation += 1
    for (const [fingerprint, { session }] of this.#handles)
      if (userId === null || session.principal.id === userId) this.#drop(fingerprint)
  }

  #drop(fingerprint: string): void {
    const handle = this.#handles.get(fingerprint)
    if (handle === undefined) return
    this.#handles.delete(fingerprint)
    this.#unlist(fingerprint, handle)
  }

  #unlist(fingerprint: string, { session }: Handle): void {
    const { sessionId } = session.principal
    const fingerprints = this.#bySession.get(sessionId)
    fingerprints?.delete(fingerprint)
    if (fingerprints?.size === 0) this.#bySession.delete(sessionId)
  }
}
