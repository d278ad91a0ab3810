import type { Clock } from '../platform/clock.ts'
import type { Recorder } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { ClientCertificate } from '../platform/http/transport/client-certificate.ts'
import { credentialOf } from './caller.ts'
import { event } from './events.ts'

const maxPending = 5_000

type Pending = {
  readonly principal: Principal
  readonly application: string
  readonly permission: string
  readonly sinceMs: number
  requests: number
}

/**
 * Every decision reaches the ledger. A refusal is written at once; what is allowed is counted per session or key, and permission; the
 * counts are written every ten seconds, since a page is dozens of requests.
 */
export class DecisionLog {
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #pending = new Map<string, Pending>()

  constructor(recorder: Recorder, clock: Clock) {
    this.#recorder = recorder
    this.#clock = clock
  }

  allowed(application: string, principal: Principal, permission: string): void {
    const key = `${credentialOf(principal)} ${application} ${permission}`
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.requests += 1
      return
    }
    if (this.#pending.size >= maxPending) this.flush()
    this.#pending.set(key, { principal, application, permission, sinceMs: this.#clock.nowMs(), requests: 1 })
  }

  /**
   * @param principal null where nobody is signed in.
   * @param certificate what the client has shown, if anything.
   */
  refused(
    application: string,
    principal: Principal | null,
    request: { method: string; path: string },
    permission: string | null,
    reason: string,
    certificate: ClientCertificate | null,
  ): void {
    const shown =
      certificate === null
        ? { data: {}, personal: {} }
        : { data: { certificate: certificate.fingerprint }, personal: { subject: certificate.subject.slice(0, 500) } }
    this.#recorder.note(
      event('request.refused', {
        organisationId: principal?.organisationId ?? null,
        actor: principal === null ? { kind: 'anonymous' } : actorOf(principal),
        subjectId: principal === null ? null : subjectOf(principal),
        data: {
          application,
          method: request.method,
          permission,
          reason,
          ...(principal === null ? {} : keyOf(principal)),
          ...shown.data,
        },
        personal: { path: request.path.slice(0, 200), ...shown.personal },
      }),
    )
  }

  flush(): void {
    for (const { principal, application, permission, sinceMs, requests } of this.#pending.values()) {
      const data = {
        application,
        permission,
        ...(principal.kind === 'user' ? { session: principal.sessionId } : keyOf(principal)),
        requests,
        since: new Date(sinceMs).toISOString(),
      }
      this.#recorder.note(
        event('requests.allowed', {
          organisationId: principal.organisationId,
          actor: actorOf(principal),
          subjectId: subjectOf(principal),
          data,
        }),
      )
    }
    this.#pending.clear()
  }
}

const keyOf = (principal: Principal) => (principal.kind === 'user' ? {} : { key: principal.keyId })

/** Whose personal data it is: also where they call with a key of theirs. */
function subjectOf(principal: Principal): string | null {
  const person = principal.kind === 'user' || (principal.kind === 'key' && principal.owner.kind === 'user')
  return person ? principal.id : null
}
