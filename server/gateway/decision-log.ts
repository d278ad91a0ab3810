import type { Clock } from '../platform/clock.ts'
import type { Recorder } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal, UserPrincipal } from '../platform/http/principal.ts'
import { event } from './events.ts'

const maxPending = 5_000

type Pending = {
  readonly principal: UserPrincipal
  readonly application: string
  readonly permission: string
  readonly sinceMs: number
  requests: number
}

/**
 * Every decision reaches the ledger. A refusal is written at once; what is allowed is counted per session and permission, and
 * the counts are written every ten seconds, since a page is dozens of requests.
 */
export class DecisionLog {
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #pending = new Map<string, Pending>()

  constructor(recorder: Recorder, clock: Clock) {
    this.#recorder = recorder
    this.#clock = clock
  }

  allowed(application: string, principal: UserPrincipal, permission: string): void {
    const key = `${principal.sessionId} ${application} ${permission}`
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.requests += 1
      return
    }
    if (this.#pending.size >= maxPending) this.flush()
    this.#pending.set(key, { principal, application, permission, sinceMs: this.#clock.nowMs(), requests: 1 })
  }

  refused(
    application: string,
    principal: Principal,
    request: { method: string; path: string },
    permission: string | null,
    reason: string,
  ): void {
    this.#recorder.note(
      event('request.refused', {
        organisationId: principal.organisationId,
        actor: actorOf(principal),
        subjectId: principal.kind === 'user' ? principal.id : null,
        data: { application, method: request.method, permission, reason },
        personal: { path: request.path.slice(0, 200) },
      }),
    )
  }

  flush(): void {
    for (const { principal, application, permission, sinceMs, requests } of this.#pending.values()) {
      const data = {
        application,
        permission,
        session: principal.sessionId,
        requests,
        since: new Date(sinceMs).toISOString(),
      }
      this.#recorder.note(
        event('requests.allowed', {
          organisationId: principal.organisationId,
          actor: actorOf(principal),
          subjectId: principal.id,
          data,
        }),
      )
    }
    this.#pending.clear()
  }
}
