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

  refused(
    application: string,
    principal: Principal,
    request: { method: string; path: string },
    permission: string | null,
    reason: string,
    certificate: ClientCertificate | null = null,
  ): void {
    this.#recorder.note(
      event('request.refused', {
        organisationId: principal.organisationId,
        actor: actorOf(principal),
        subjectId: subjectOf(principal),
        data: {
          application,
          method: request.method,
          permission,
          reason,
          ...keyOf(principal),
          ...shown(certificate).data,
        },
        personal: { path: request.path.slice(0, 200), ...shown(certificate).personal },
      }),
    )
  }

  /** Nobody is signed in, and the certificate is not one that the rule names. */
  certificateRefused(
    application: string,
    certificate: ClientCertificate,
    { method, path }: { method: string; path: string },
  ): void {
    const { data, personal } = shown(certificate)
    this.#recorder.note(
      event('request.refused', {
        organisationId: null,
        actor: { kind: 'anonymous' },
        data: { application, method, permission: null, reason: 'client-certificate', ...data },
        personal: { path: path.slice(0, 200), ...personal },
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

const shown = (certificate: ClientCertificate | null) => ({
  data: certificate === null ? {} : { certificate: certificate.fingerprint },
  personal: certificate === null ? {} : { subject: certificate.subject.slice(0, 500) },
})

const keyOf = (principal: Principal) => (principal.kind === 'user' ? {} : { key: principal.keyId })

/** Whose personal data it is: also where they call with a key of theirs. */
function subjectOf(principal: Principal): string | null {
  const person = principal.kind === 'user' || (principal.kind === 'key' && principal.owner.kind === 'user')
  return person ? principal.id : null
}
