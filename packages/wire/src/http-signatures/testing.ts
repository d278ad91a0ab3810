import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { HmacKey, SigningKey, VerifyingKey } from './algorithms.ts'
import { ed25519PublicKey } from './algorithms.ts'
import type { RequestHead } from './message.ts'
import type { SignSettings } from './sign.ts'
import { signRequest } from './sign.ts'
import type { SignatureReason } from './signature-error.ts'
import { SignatureError } from './signature-error.ts'
import type { Burn, HeadPolicy, NonceUse } from './verify.ts'

const vector = (name: string) => JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'))

type VectorKey = { alg: string; public_pem?: string; private_jwk?: Record<string, string>; secret_base64?: string }
const vectorKeys = vector('keys') as Readonly<Record<string, VectorKey>>

export type Case = {
  readonly section: string
  readonly label: string
  readonly key: string
  readonly alg: string
  readonly message: {
    readonly method: string
    readonly url: string
    readonly headers: [string, string][]
    readonly body?: string
  }
  readonly signature_input: string
  readonly signature: string
  readonly signature_base: string
  readonly valid: boolean
  readonly accept: boolean
  readonly note?: string
  readonly policy: { readonly now: number; readonly max_age_s: number; readonly required: string[] }
}
export const rfcCases = vector('rfc9421-appendix-b') as readonly Case[]
/** Requests that other implementations signed, at `nowSeconds`. */
export const interopCases = vector('interop') as readonly (Case & { readonly by: string })[]
export const policyCases = vector('policy-cases') as readonly Case[]

/** The request of a case, with its signature. */
export function headOf({ message, signature_input, signature }: Case): RequestHead {
  const url = new URL(message.url)
  const headers = [...message.headers, ['Signature-Input', signature_input], ['Signature', signature]] as const
  return {
    method: message.method,
    scheme: 'https',
    authority: url.host,
    target: `${url.pathname}${url.search}`,
    headers,
  } as RequestHead
}

/** A key of the vectors; null for the algorithms that we do not have. */
export function keysOf(name: string): { readonly signing: SigningKey; readonly verifying: VerifyingKey } | null {
  const key = vectorKeys[name] as VectorKey
  if (key.alg === 'hmac-sha256') {
    const both = { algorithm: key.alg, secret: Buffer.from(key.secret_base64 as string, 'base64') } as const
    return { signing: both, verifying: both }
  }
  if (key.alg !== 'ed25519') return null
  const privateKey = createPrivateKey({ key: key.private_jwk as Record<string, string>, format: 'jwk' })
  return {
    signing: { algorithm: 'ed25519', privateKey },
    verifying: { algorithm: 'ed25519', publicKey: ed25519PublicKey(key.public_pem as string) },
  }
}

export function newEd25519() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string
  return {
    signing: { algorithm: 'ed25519', privateKey } as const,
    verifying: { algorithm: 'ed25519', publicKey: ed25519PublicKey(pem) } as const,
    pem,
  }
}

/** A memory of nonces that says what was asked of it. */
export function nonceMemory(): { readonly burn: Burn; readonly uses: NonceUse[] } {
  const uses: NonceUse[] = []
  return {
    uses,
    burn(use) {
      const fresh = !uses.some(({ keyId, nonce }) => keyId === use.keyId && nonce === use.nonce)
      uses.push(use)
      return fresh
    },
  }
}

/** One key under one name, at one time, for `example.com`. */
export function policyFor(
  keyId: string,
  key: VerifyingKey,
  nowSeconds: number,
): HeadPolicy<VerifyingKey> & { burn: Burn; uses: NonceUse[] } {
  return {
    nowSeconds,
    authorities: ['example.com'],
    lookUp: (asked) => (asked === keyId ? key : null),
    ...nonceMemory(),
  }
}

export const refused = (reason: SignatureReason) => (error: unknown) => {
  assert.ok(error instanceof SignatureError, String(error))
  assert.equal(error.reason, reason)
  return true
}

export const nowSeconds = 1_800_000_000
export const hmacKey: HmacKey = { algorithm: 'hmac-sha256', secret: new Uint8Array(32).fill(7) }

/** A request that nobody signed yet: `POST /messages?folder=in%20box` with a body of JSON. */
export const plainHead: RequestHead = {
  method: 'POST',
  scheme: 'https',
  authority: 'example.com',
  target: '/messages/17?folder=in%20box&flag',
  headers: [
    ['Host', 'example.com'],
    ['Content-Type', 'application/json'],
    ['X-List', 'one'],
    ['X-List', 'two'],
  ],
}
export const body = Buffer.from('{"to":"mara@example.org"}')

/** The same request, signed by `hmacKey` under the name `key_one` just now, but for what the test says. */
export function signed(
  settings: Partial<SignSettings> = {},
  head: RequestHead = plainHead,
  bytes: Uint8Array | null = body,
): RequestHead {
  const added = signRequest(head, bytes, {
    keyId: 'key_one',
    key: hmacKey,
    nowSeconds,
    nonce: 'nonce-0001',
    cover: ['content-type', 'x-list'],
    ...settings,
  })
  return { ...head, headers: [...head.headers, ...Object.entries(added)] }
}

/** The request with one of its headers replaced by these values; none takes it away. */
export function withHeader(head: RequestHead, name: string, ...values: readonly string[]): RequestHead {
  const others = head.headers.filter(([each]) => each.toLowerCase() !== name)
  return { ...head, headers: [...others, ...values.map((value) => [name, value] as const)] }
}

export function headerOf(head: RequestHead, name: string): string {
  return head.headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? ''
}
