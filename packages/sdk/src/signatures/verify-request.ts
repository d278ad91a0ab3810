import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { VerifyingKey } from '@custodia/wire/http-signatures/algorithms.ts'
import { BodyCheck } from '@custodia/wire/http-signatures/content-digest.ts'
import type { RequestHead } from '@custodia/wire/http-signatures/message.ts'
import { isComponentName, normalizeAuthority } from '@custodia/wire/http-signatures/message.ts'
import { receivedHead } from '@custodia/wire/http-signatures/received-head.ts'
import { SignatureError } from '@custodia/wire/http-signatures/signature-error.ts'
import type { Burn, HeadPolicy } from '@custodia/wire/http-signatures/verify.ts'
import { burnNonce, verifyHead } from '@custodia/wire/http-signatures/verify.ts'
import type { OnPart } from '../body.ts'
import { collect, maxBodyBytesOf, peekBody } from '../body.ts'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'
import { createNonceMemory } from './nonce-memory.ts'

export type SignatureVerifierOptions<Key extends VerifyingKey> = {
  /** The names that this server answers to, as clients write them: `api.example.org`, `localhost:4100`. */
  readonly authorities: readonly string[]
  /** The key with this id and its algorithm; null where there is none. What else it has comes back with the request. */
  lookUp(keyId: string): Key | null | Promise<Key | null>
  /** Remembers a nonce; false where it is known. In this process unless said: several processes need a shared store. */
  readonly burn?: Burn
  /** What clients speak, where a proxy ends TLS; what this process speaks unless said. */
  readonly scheme?: 'http' | 'https'
  /** 1 to 3,600; 60 unless said. */
  readonly maxAgeSeconds?: number
  /** 0 to 300; 5 unless said. */
  readonly maxAheadSeconds?: number
  /** Headers that must be signed too, in lower case. */
  readonly required?: readonly string[]
  /** The purpose that a signature must name; one that names any is refused unless said. */
  readonly tag?: string
  /** 0 to 67,108,864; 1,048,576 unless said. */
  readonly maxBodyBytes?: number
  readonly clock?: Clock
  /** Told of each refusal, for a log: `error.details.reason` says what the sender is not told. */
  onRefused?(error: CustodiaError): void
}

export type SignedRequest<Key extends VerifyingKey = VerifyingKey> = {
  readonly keyId: string
  readonly key: Key
  /** What was signed: `@method`, `content-digest`, headers. Believe no other header. */
  readonly covered: readonly string[]
  /** The raw bytes; empty where there are none. */
  readonly body: Buffer
}

export type SignatureVerifier<Key extends VerifyingKey = VerifyingKey> = {
  /**
   * Verifies what Node received, body included, before anything has read it. The body stays readable.
   *
   * @throws CustodiaError SIGNATURE_INVALID, BODY_TOO_LARGE or NONCES_EXHAUSTED, and what `lookUp` and `burn` throw.
   */
  verifyRequest(request: IncomingMessage): Promise<SignedRequest<Key>>
  /** The same for a request of the Fetch API. Its body is used up; `body` has it. */
  verifyFetchRequest(request: Request): Promise<SignedRequest<Key>>
}

/**
 * Verifies signed requests by docs/specs/signed-requests.md. Make one and share it: it remembers nonces.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`.
 */
export function createSignatureVerifier<Key extends VerifyingKey>(
  options: SignatureVerifierOptions<Key>,
): SignatureVerifier<Key> {
  const { clock = systemClock } = options
  const burn = options.burn ?? createNonceMemory(clock)
  const maxBodyBytes = maxBodyBytesOf(options.maxBodyBytes)
  const fixed = policyOf(options)
  const nowSeconds = () => Math.floor(clock.nowMs() / 1000)

  async function verify(
    headOf: () => RequestHead,
    readBody: (onPart: OnPart) => Promise<Buffer>,
  ): Promise<SignedRequest<Key>> {
    try {
      const verified = await verifyHead(headOf(), { ...fixed, nowSeconds: nowSeconds() })
      // A stranger's body is never read: only now.
      const check = new BodyCheck(verified.digests)
      const body = await readBody((part) => check.update(part))
      check.end()
      await burnNonce(verified, burn, nowSeconds())
      const { keyId, key, covered } = verified
      return { keyId, key, covered, body }
    } catch (error) {
      const known =
        error instanceof SignatureError ? new CustodiaError('SIGNATURE_INVALID', { reason: error.reason }) : error
      if (known instanceof CustodiaError) options.onRefused?.(known)
      throw known
    }
  }

  return {
    verifyRequest(request) {
      const scheme = options.scheme ?? ((request.socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http')
      // Frameworks shorten `url` under the path where a router is mounted, and keep what came.
      const { originalUrl } = request as { readonly originalUrl?: string }
      const { method, rawHeaders, url } = request
      return verify(
        () => receivedHead({ method, rawHeaders, url: originalUrl ?? url }, scheme),
        (onPart) => peekBody(request, maxBodyBytes, onPart),
      )
    },
    verifyFetchRequest(request) {
      return verify(
        () => fetchedHead(request, options.scheme),
        (onPart) => collect(request.body ?? [], maxBodyBytes, onPart),
      )
    },
  }
}

/** The Fetch API has resolved the path (`/a/../b` is `/b`), as it does for whoever signs by `fetch`. */
function fetchedHead(request: Request, scheme: 'http' | 'https' | undefined): RequestHead {
  const url = new URL(request.url)
  return {
    method: request.method,
    scheme: scheme ?? (url.protocol === 'https:' ? 'https' : 'http'),
    authority: request.headers.get('host') ?? url.host,
    target: `${url.pathname}${url.search}`,
    headers: [...request.headers],
  }
}

function policyOf<Key extends VerifyingKey>(
  options: SignatureVerifierOptions<Key>,
): Omit<HeadPolicy<Key>, 'nowSeconds'> {
  const { authorities, required = [], tag } = options
  const sound = authorities.length > 0 && authorities.every(isAuthority)
  if (!sound) throw wrong('authorities')
  if (!required.every(isComponentName)) throw wrong('required')
  return {
    authorities: [...authorities],
    lookUp: (keyId) => options.lookUp(keyId),
    required: [...required],
    maxAgeSeconds: within('maxAgeSeconds', options.maxAgeSeconds ?? 60, 1, 3_600),
    maxAheadSeconds: within('maxAheadSeconds', options.maxAheadSeconds ?? 5, 0, 300),
    ...(tag === undefined ? {} : { tag }),
  }
}

function isAuthority(name: string): boolean {
  try {
    return normalizeAuthority(name, 'https') !== ''
  } catch {
    return false
  }
}

function within(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) throw wrong(field)
  return value
}

const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })
