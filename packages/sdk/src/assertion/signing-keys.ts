import type { Fetch } from '@custodia/wire/node/fetch.ts'
import { readBody } from '@custodia/wire/node/fetch.ts'
import type { JWTVerifyGetKey, LocalJWKSet } from 'jose'
import { createLocalJWKSet, errors } from 'jose'
import type { Clock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'

const freshMs = 600_000
/** How long keys are still believed while Custodia can't be asked. */
const staleMs = 3_600_000
/** How often a key that nobody knows may make us ask again: a forged `kid` costs one call in this time, at most. */
const unknownKeyPauseMs = 30_000
const failurePauseMs = 1_000
const maxBytes = 65_536

/**
 * Custodia's public signing keys (RFC 7517 §5), fetched when first needed and kept.
 *
 * @returns a key finder for jose. It throws SIGNING_KEYS_UNAVAILABLE where there is no set to look into.
 */
export function createSigningKeys(options: {
  readonly url: string
  readonly fetch: Fetch
  readonly clock: Clock
  readonly timeoutMs: number
}): JWTVerifyGetKey {
  const { clock } = options
  let set: LocalJWKSet | null = null
  let fetchedAtMs = Number.NEGATIVE_INFINITY
  let failedAtMs = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | null = null

  async function refetch(): Promise<void> {
    try {
      const response = await options.fetch(options.url, {
        headers: { accept: 'application/jwk-set+json, application/json' },
        signal: AbortSignal.timeout(options.timeoutMs),
        redirect: 'manual',
      })
      const body = await readBody(response, maxBytes)
      if (response.status !== 200) throw new Error('not a key set')
      set = createLocalJWKSet(JSON.parse(body.toString('utf8')))
      fetchedAtMs = clock.nowMs()
      failedAtMs = Number.NEGATIVE_INFINITY
    } catch {
      failedAtMs = clock.nowMs()
    }
  }

  /** Asks once, however many requests wait for it, and not right after a failure. */
  async function ask(): Promise<void> {
    if (clock.nowMs() - failedAtMs < failurePauseMs) return
    pending ??= refetch().finally(() => {
      pending = null
    })
    await pending
  }

  function usable(): LocalJWKSet {
    if (set === null || clock.nowMs() - fetchedAtMs > staleMs) throw new CustodiaError('SIGNING_KEYS_UNAVAILABLE')
    return set
  }

  return async (header, token) => {
    // Without a name there is no way to tell a key that was replaced from one that was forged.
    if (typeof header.kid !== 'string') throw new CustodiaError('ASSERTION_INVALID', { reason: 'kid' })
    if (clock.nowMs() - fetchedAtMs > freshMs) await ask()
    try {
      return await usable()(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || clock.nowMs() - fetchedAtMs < unknownKeyPauseMs) throw error
      await ask()
      return usable()(header, token)
    }
  }
}
