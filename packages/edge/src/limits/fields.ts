import type { Verdict } from './limits.ts'

/**
 * The header fields of draft-ietf-httpapi-ratelimit-headers-10: the policy with its quota and window (§3), and what is left of it with
 * the seconds until it is whole again (§4). A refusal has Retry-After as well (RFC 9110 §10.2.3), rounded up: who waits so long may pass.
 */
export function limitFields({ allowed, policy, remaining, waitMs }: Verdict): Readonly<Record<string, string>> {
  const { name, burst, perSeconds } = policy
  const untilWhole = Math.ceil(((burst - remaining) * perSeconds) / burst)
  return {
    'ratelimit-policy': `"${name}";q=${burst};w=${perSeconds}`,
    ratelimit: `"${name}";r=${remaining};t=${untilWhole}`,
    ...(allowed ? {} : { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) }),
  }
}
