import type { KeyObject } from 'node:crypto'
import { createPrivateKey, randomBytes } from 'node:crypto'
import type { HmacKey, SigningKey } from '@custodia/wire/http-signatures/algorithms.ts'
import type { RequestHead } from '@custodia/wire/http-signatures/message.ts'
import { signRequest } from '@custodia/wire/http-signatures/sign.ts'
import { SignatureError } from '@custodia/wire/http-signatures/signature-error.ts'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import { collect, maxBodyBytesOf } from '../body.ts'
import { orAborted } from '../calls/or-aborted.ts'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'

export type SignedFetchOptions = {
  /** As the other side knows the key: 1 to 256 characters of ASCII. */
  readonly keyId: string
  /** 32 to 1,024 bytes of secret, or an Ed25519 private key (a key object, or PEM in PKCS #8). */
  readonly key: HmacKey | { readonly algorithm: 'ed25519'; readonly privateKey: KeyObject | string }
  /** Headers that each request has and that are to be signed too. `content-type` is, where there is a body. */
  readonly cover?: readonly string[]
  /** The purpose, where the other side asks for one. */
  readonly tag?: string
  /** 1 to 3,600: ends the signature before the other side's window does. */
  readonly expiresInSeconds?: number
  /** A body is read whole before it is signed: 1,048,576 unless said, at most 67,108,864. */
  readonly maxBodyBytes?: number
  /** The platform's own unless said; which also reaches `*.localhost`, as browsers do. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  readonly clock?: Clock
}

export type SignedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What the signature itself brings, and Host, which `fetch` would send in place of what was signed. */
const ours = ['signature', 'signature-input', 'content-digest', 'host']
const nothing = new Uint8Array()

/**
 * A `fetch` that signs each request (docs/specs/signed-requests.md), streams included. It follows no redirect: a
 * signature is for one place. To try again, call it again: each call has its own nonce.
 *
 * @throws CustodiaError CONFIGURATION_INVALID. Its calls: INPUT_INVALID where a request brings a header of ours or lacks
 * one to cover, BODY_TOO_LARGE, and whatever `fetch` throws.
 */
export function createSignedFetch(options: SignedFetchOptions): SignedFetch {
  const { keyId, cover = [], clock = systemClock } = options
  const key = signingKey(options.key)
  const maxBodyBytes = maxBodyBytesOf(options.maxBodyBytes)
  const send = options.fetch ?? platformFetch()
  const optional = {
    ...(options.tag === undefined ? {} : { tag: asciiText('tag', options.tag) }),
    ...(options.expiresInSeconds === undefined ? {} : { expiresInSeconds: lifeOf(options.expiresInSeconds) }),
  }
  asciiText('keyId', keyId)

  return async (input, init) => {
    // `duplex` is asked for with a stream, and harmless without one.
    const request = new Request(input, { ...init, duplex: 'half' } as RequestInit)
    for (const name of ours) if (request.headers.has(name)) throw new CustodiaError('INPUT_INVALID', { field: name })
    const body = await bodyOf(request, maxBodyBytes)

    const { names, head } = described(request, cover, body.length > 0)
    const nonce = randomBytes(16).toString('base64url')
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const added = signed(head, body, { keyId, key, nowSeconds, nonce, cover: names, ...optional })

    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(added)) headers.set(name, value)
    return await send(request.url, {
      method: request.method,
      headers,
      signal: request.signal,
      redirect: request.redirect === 'error' ? 'error' : 'manual',
      ...(body.length === 0 ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    })
  }
}

/** Many resolvers do not know the names by which an installation is tried on one machine (RFC 6761 §6.3). */
function platformFetch(): NonNullable<SignedFetchOptions['fetch']> {
  const loopback = createFetch()
  return (url, init) => {
    if (!new URL(url).hostname.endsWith('.localhost')) return globalThis.fetch(url, init)
    const { method = 'GET', headers, body, signal } = init
    return loopback(url, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body instanceof Uint8Array ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      ...(signal instanceof AbortSignal ? { signal } : {}),
    })
  }
}

/** @throws the signal's reason, also while the stream gives nothing. */
async function bodyOf({ body, signal }: Request, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return nothing
  const reading = collect(body, maxBytes, () => signal.throwIfAborted())
  return await orAborted(reading, signal, () => undefined)
}

function described(request: Request, cover: readonly string[], hasBody: boolean) {
  const url = new URL(request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new CustodiaError('INPUT_INVALID', { field: 'url' })
  const names = new Set(cover.map((name) => name.toLowerCase()))
  if (hasBody && request.headers.has('content-type')) names.add('content-type')
  const head: RequestHead = {
    method: request.method,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    authority: url.host,
    target: `${url.pathname}${url.search}`,
    headers: [...request.headers],
  }
  return { names: [...names], head }
}

function signed(...parameters: Parameters<typeof signRequest>): ReturnType<typeof signRequest> {
  try {
    return signRequest(...parameters)
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error
    throw new CustodiaError('INPUT_INVALID', { field: 'request', reason: error.reason })
  }
}

function signingKey(key: SignedFetchOptions['key']): SigningKey {
  if (key.algorithm === 'hmac-sha256') {
    if (key.secret.length < 32 || key.secret.length > 1_024) throw wrong('key')
    return { algorithm: key.algorithm, secret: Uint8Array.from(key.secret) }
  }
  const privateKey = typeof key.privateKey === 'string' ? readPrivateKey(key.privateKey) : key.privateKey
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519') throw wrong('key')
  return { algorithm: 'ed25519', privateKey }
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    // Without what the reader says of it: that may quote the key.
    throw wrong('key')
  }
}

function asciiText(field: string, text: string): string {
  if (!/^[\x20-\x7e]{1,256}$/.test(text)) throw wrong(field)
  return text
}

function lifeOf(seconds: number): number {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600) throw wrong('expiresInSeconds')
  return seconds
}

const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })
