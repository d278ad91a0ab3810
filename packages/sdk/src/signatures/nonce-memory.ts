import type { Burn } from '@custodia/wire/http-signatures/verify.ts'
import type { Clock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'

/**
 * Remembers nonces in this process: enough for one process. Several that answer under one name need a store that they
 * share, or a request could be played once to each.
 *
 * @throws CustodiaError NONCES_EXHAUSTED from its calls, where it is full: a forgotten nonce would be a second use.
 */
export function createNonceMemory(clock: Clock, maxNonces = 200_000): Burn {
  const uses = new Map<string, number>()

  return ({ keyId, nonce, untilSeconds }) => {
    const nowSeconds = clock.nowMs() / 1000
    // Oldest first: they were put in nearly in the order in which they end.
    for (const [use, until] of uses) {
      if (until > nowSeconds) break
      uses.delete(use)
    }
    const use = JSON.stringify([keyId, nonce])
    if (uses.has(use)) return false
    if (uses.size >= maxNonces) throw new CustodiaError('NONCES_EXHAUSTED')
    uses.set(use, untilSeconds)
    return true
  }
}
