import type { VerifyingKey } from './algorithms.ts'
import { signatureHolds } from './algorithms.ts'
import type { ContentDigest } from './content-digest.ts'
import { BodyCheck, parseContentDigest } from './content-digest.ts'
import type { RequestHead } from './message.ts'
import { fieldValue, normalizeAuthority } from './message.ts'
import { coveredAlways } from './sign.ts'
import { componentsOf, signatureBase } from './signature-base.ts'
import { SignatureError } from './signature-error.ts'
import type { SignatureParameters } from './signature-fields.ts'
import { readSignature } from './signature-fields.ts'

export type HeadPolicy<Key extends VerifyingKey> = {
  readonly nowSeconds: number
  /**
   * The names that this server answers to, with the port where it is not the default one. Without them, a request that
   * was signed for another server with the same key could be brought here.
   */
  readonly authorities: readonly string[]
  /** Null where nobody knows the key. What else the key has is given back with it. */
  lookUp(keyId: string): Key | null | Promise<Key | null>
  /** 60 unless said. */
  readonly maxAgeSeconds?: number
  /** 5 unless said. */
  readonly maxAheadSeconds?: number
  /** What must be covered beside `@method`, `@authority`, `@path` and `@query`. */
  readonly required?: readonly string[]
  /** Which signature, where a request has several; the only one unless said. */
  readonly label?: string
  /** A signature with another tag is refused; where none is given, one with any tag is. */
  readonly tag?: string
}

/** One use of a nonce. */
export type NonceUse = {
  /** Nonces of different keys have nothing to do with each other: store both. */
  readonly keyId: string
  readonly nonce: string
  /** Until when it must be remembered; afterwards the window refuses it. Seconds since 1970. */
  readonly untilSeconds: number
}

/** Remembers a nonce. False where it is remembered already; of any number at once exactly one gets true. */
export type Burn = (use: NonceUse) => boolean | Promise<boolean>

/** A signature that holds. The body was not looked at, and the nonce is not burnt. */
export type VerifiedHead<Key extends VerifyingKey> = {
  readonly label: string
  readonly keyId: string
  readonly key: Key
  readonly createdSeconds: number
  readonly expiresSeconds: number | null
  /** The components in their order. What is not among them was not signed. */
  readonly covered: readonly string[]
  /** Null where the request may have no body. */
  readonly digests: readonly ContentDigest[] | null
  readonly nonce: NonceUse
}

/**
 * Verifies a signed request: the signature, then the body, then the nonce, which is burnt only when all else holds.
 *
 * @param body the raw bytes as they came, before any decoding; empty where there is none.
 * @throws SignatureError, and what `lookUp` or `burn` throw.
 */
export async function verifyRequest<Key extends VerifyingKey>(
  head: RequestHead,
  body: Uint8Array,
  policy: HeadPolicy<Key> & { readonly burn: Burn },
): Promise<VerifiedHead<Key>> {
  const verified = await verifyHead(head, policy)
  const check = new BodyCheck(verified.digests)
  check.update(body)
  check.end()
  await burnNonce(verified, policy.burn, policy.nowSeconds)
  return verified
}

/**
 * The part of `verifyRequest` that needs no body, so that a stranger's is never read. Pass the body through a `BodyCheck`
 * of its `digests` and call `burnNonce` with the time that it is then, before anything is done.
 *
 * @throws SignatureError, and what `lookUp` throws.
 */
export async function verifyHead<Key extends VerifyingKey>(
  head: RequestHead,
  policy: HeadPolicy<Key>,
): Promise<VerifiedHead<Key>> {
  const { label, list, parameters, signature } = readSignature(head, policy.label)
  const { createdSeconds, keyId, nonce } = demanded(parameters, policy)
  const covered = componentsOf(list)
  const digests = digestsOf(head, covered)
  checkCoverage(head, covered, policy)

  const key = await policy.lookUp(keyId)
  if (key === null) throw new SignatureError('key')
  // RFC 9421 §3.2 step 6.4 and §7.3.6: the key has one algorithm; what the message says may only agree.
  if (parameters.alg !== null && parameters.alg !== key.algorithm) throw new SignatureError('algorithm')
  if (!signatureHolds(key, signatureBase(head, list), signature)) throw new SignatureError('signature')

  const untilSeconds = createdSeconds + maxAge(policy) + maxAhead(policy) + 1
  return {
    label,
    keyId,
    key,
    createdSeconds,
    expiresSeconds: parameters.expires,
    covered,
    digests,
    nonce: { keyId, nonce, untilSeconds },
  }
}

/**
 * @param nowSeconds once the whole body is there. Its sender may have held it back until the nonce would be forgotten at once.
 * @throws SignatureError `old` or `nonce`, and what `burn` throws.
 */
export async function burnNonce(verified: VerifiedHead<VerifyingKey>, burn: Burn, nowSeconds: number): Promise<void> {
  if (nowSeconds >= verified.nonce.untilSeconds) throw new SignatureError('old')
  if (!(await burn(verified.nonce))) throw new SignatureError('nonce')
}

const maxAge = ({ maxAgeSeconds = 60 }: { readonly maxAgeSeconds?: number }) => maxAgeSeconds
const maxAhead = ({ maxAheadSeconds = 5 }: { readonly maxAheadSeconds?: number }) => maxAheadSeconds

function demanded(parameters: SignatureParameters, policy: HeadPolicy<VerifyingKey>) {
  const { created, expires, keyid, nonce } = parameters
  if (created === null || keyid === null || nonce === null) throw new SignatureError('parameter')
  if ((parameters.tag ?? undefined) !== policy.tag) throw new SignatureError('tag')
  const now = policy.nowSeconds
  if (created > now + maxAhead(policy)) throw new SignatureError('ahead')
  if (expires !== null && (expires <= now || expires <= created)) throw new SignatureError('expired')
  if (now - created > maxAge(policy)) throw new SignatureError('old')
  return { createdSeconds: created, keyId: keyid, nonce }
}

function digestsOf(head: RequestHead, covered: readonly string[]): readonly ContentDigest[] | null {
  const text = fieldValue(head, 'content-digest')
  if (text === null) return null
  // A digest that nobody signed says nothing, and reads as if it did.
  if (!covered.includes('content-digest')) throw new SignatureError('uncovered')
  return parseContentDigest(text)
}

function checkCoverage(head: RequestHead, covered: readonly string[], policy: HeadPolicy<VerifyingKey>): void {
  for (const name of [...coveredAlways, ...(policy.required ?? [])]) {
    if (!covered.includes(name)) throw new SignatureError('uncovered')
  }
  const authority = normalizeAuthority(head.authority, head.scheme)
  const own = policy.authorities.some((name) => normalizeAuthority(name, head.scheme) === authority)
  if (!own) throw new SignatureError('authority')
}
