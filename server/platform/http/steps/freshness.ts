import { refuseRequest } from '../errors.ts'
import type { PipelineServices, Step } from '../pipeline.ts'
import type { UserPrincipal } from '../principal.ts'

/** A sensitive route asks a person for a factor that was proven lately. */
export const freshness: Step = {
  name: 'freshness',
  run({ route, principal }, services) {
    if (!route.sensitive) return
    // Whoever has the key of a person has not the person: a key that leaked must not change who they are.
    if (principal?.kind === 'key') throw refuseRequest('KEY_NOT_ENOUGH')
    if (principal?.kind !== 'user') return
    const own = services.freshSeconds?.(principal) ?? null
    if (own instanceof Promise) return own.then((seconds) => requireFresh(services, principal, seconds))
    requireFresh(services, principal, own)
  },
}

/**
 * @param own what the organisation says; the installation's own bound holds beside it, and the shorter counts.
 * @throws Refusal FRESH_FACTOR_REQUIRED, which says where to confirm: the address for programs and the page for people.
 */
function requireFresh(
  { clock, sensitiveMaxAgeSeconds }: Pick<PipelineServices, 'clock' | 'sensitiveMaxAgeSeconds'>,
  principal: UserPrincipal,
  own: number | null,
): void {
  const maxAgeSeconds = Math.min(sensitiveMaxAgeSeconds, own ?? sensitiveMaxAgeSeconds)
  const ageMs = clock.nowMs() - principal.authenticatedAtMs
  if (principal.stale === undefined && ageMs <= maxAgeSeconds * 1000) return
  throw refuseRequest('FRESH_FACTOR_REQUIRED', {
    maxAgeSeconds,
    confirmAt: '/v1/me/fresh',
    confirmPage: '/sign-in?again=1',
  })
}
