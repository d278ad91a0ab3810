import { createHash } from 'node:crypto'
import type { VerifyingKey } from '@custodia/wire/http-signatures/algorithms.ts'
import { BodyCheck } from '@custodia/wire/http-signatures/content-digest.ts'
import type { RequestHead as SignedHead } from '@custodia/wire/http-signatures/message.ts'
import { receivedHead } from '@custodia/wire/http-signatures/received-head.ts'
import { SignatureError } from '@custodia/wire/http-signatures/signature-error.ts'
import type { NonceUse, VerifiedHead } from '@custodia/wire/http-signatures/verify.ts'
import { burnNonce, verifyHead } from '@custodia/wire/http-signatures/verify.ts'
import type { BodyProof, RequestHead } from '../platform/http/ports.ts'
import type { Caller } from './admit.ts'
import { admit, refused } from './admit.ts'
import { refuse } from './errors.ts'
import type { LiveKey } from './live-keys.ts'
import type { Parts } from './parts.ts'

/** What verifies, with the key that it belongs to. */
type Held = VerifyingKey & { readonly live: LiveKey }

const keyIdForm = /^key_[a-z2-7]{26}$/

/** Looks signed requests up in the head they came with, until their body is there. */
export type Proofs = WeakMap<RequestHead, BodyProof>

/**
 * Finds out whose signature a request carries (RFC 9421). The body is not there yet: what must hold of it, and the nonce, which is burnt
 * once all else holds, are left in `proofs`.
 *
 * @param authority the host that it must be signed for, as clients write it: Custodia's own, or an application's.
 * @returns null where there is no signature.
 * @throws Refusal as `admit`; APIKEY_SIGNATURE_INVALID, whatever is wrong with it.
 */
export function bySignature(
  parts: Parts,
  proofs: Proofs,
  head: RequestHead,
  authority: string,
): null | Promise<Caller> {
  return head.headers['signature-input'] === undefined ? null : verify(parts, proofs, head, authority)
}

async function verify(parts: Parts, proofs: Proofs, head: RequestHead, authority: string): Promise<Caller> {
  const asked: { live: LiveKey | null } = { live: null }
  const lookUp = async (keyId: string): Promise<Held | null> => {
    const live = keyIdForm.test(keyId) ? (parts.live.known(keyId) ?? (await parts.live.read(keyId))) : null
    asked.live = live
    return live === null || live.signing === null ? null : { ...live.signing, live }
  }
  try {
    const received = receive(parts, head)
    const policy = {
      nowSeconds: Math.floor(parts.context.clock.nowMs() / 1000),
      // Signed for another server, with the same key or not, is not signed for this one.
      authorities: [authority],
    }
    const verified = await verifyHead(received, { ...policy, lookUp }).catch((error) =>
      withPrevious(parts, asked.live, received, policy, error),
    )
    const { live } = verified.key
    const caller = await admit(parts, live, head.address, true)
    proofs.set(head, new SignedBody(parts, live, verified))
    return caller
  } catch (error) {
    throw error instanceof SignatureError ? invalid(parts, asked.live, error) : error
  }
}

/** @throws SignatureError where the lines as they came are not there: a gateway that joined some of them. */
function receive({ context }: Parts, head: RequestHead): SignedHead {
  if (head.rawHeaders === undefined) throw new SignatureError('message')
  const scheme = new URL(context.publicUrl).protocol === 'https:' ? 'https' : 'http'
  return receivedHead({ method: head.method, url: head.url, rawHeaders: [...head.rawHeaders] }, scheme)
}

/** While a rotation overlaps, what was signed with the key before holds too. */
async function withPrevious(
  parts: Parts,
  live: LiveKey | null,
  received: SignedHead,
  policy: { readonly nowSeconds: number; readonly authorities: readonly string[] },
  error: unknown,
): Promise<VerifiedHead<Held>> {
  const { signing = null, untilMs = 0 } = live?.previous ?? {}
  const tried = error instanceof SignatureError && error.reason === 'signature'
  if (!tried || live === null || signing === null || parts.context.clock.nowMs() >= untilMs) throw error
  return await verifyHead(received, { ...policy, lookUp: () => ({ ...signing, live }) })
}

/** Whoever sent it learns that it does not hold; why is in the ledger. */
function invalid(parts: Parts, live: LiveKey | null, { reason }: SignatureError) {
  if (live === null) return refuse('APIKEY_SIGNATURE_INVALID')
  return refused(parts, live, `signature-${reason}`, 'APIKEY_SIGNATURE_INVALID')
}

class SignedBody implements BodyProof {
  readonly #parts: Parts
  readonly #live: LiveKey
  readonly #verified: VerifiedHead<Held>
  #held = false

  constructor(parts: Parts, live: LiveKey, verified: VerifiedHead<Held>) {
    this.#parts = parts
    this.#live = live
    this.#verified = verified
  }

  hold(bytes: Uint8Array): void {
    this.#held = true
    try {
      const check = new BodyCheck(this.#verified.digests)
      check.update(bytes)
      check.end()
    } catch (error) {
      throw error instanceof SignatureError ? invalid(this.#parts, this.#live, error) : error
    }
  }

  async end(): Promise<void> {
    if (!this.#held) this.hold(none)
    const nowSeconds = Math.floor(this.#parts.context.clock.nowMs() / 1000)
    try {
      await burnNonce(this.#verified, (use) => this.#burn(use, nowSeconds), nowSeconds)
    } catch (error) {
      throw error instanceof SignatureError ? invalid(this.#parts, this.#live, error) : error
    }
  }

  /** @throws Refusal APIKEY_BUSY where the store can't be asked: a replay can't be told then. */
  async #burn({ keyId, nonce, untilSeconds }: NonceUse, nowSeconds: number): Promise<boolean> {
    // A nonce may be long, and of any characters: its hash is neither.
    const key = `apikeys.nonce:${keyId}:${createHash('sha256').update(nonce).digest('base64url')}`
    return await this.#parts.context.cache.setIfAbsent(key, '1', untilSeconds - nowSeconds).catch(() => {
      throw refuse('APIKEY_BUSY', { retryAfterSeconds: 5 })
    })
  }
}

const none = new Uint8Array(0)
