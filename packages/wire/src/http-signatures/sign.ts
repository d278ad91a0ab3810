import type { SigningKey } from './algorithms.ts'
import { makeSignature } from './algorithms.ts'
import type { DigestAlgorithm } from './content-digest.ts'
import { contentDigest } from './content-digest.ts'
import type { RequestHead } from './message.ts'
import { signatureBase } from './signature-base.ts'
import type { BareItem, InnerList } from './structured-fields.ts'
import { serializeBare, serializeInnerList } from './structured-fields.ts'

export type SignSettings = {
  /** 1 to 256 characters of ASCII. */
  readonly keyId: string
  readonly key: SigningKey
  readonly nowSeconds: number
  /** 1 to 256 characters of ASCII, never the same twice: at least 16 random bytes. */
  readonly nonce: string
  /** Headers to cover beside what is always covered, in lower case. */
  readonly cover?: readonly string[]
  /** Ends the signature before the verifier's own window does. */
  readonly expiresInSeconds?: number
  readonly tag?: string
  /** `sig1` unless said. */
  readonly label?: string
  /** `sha-256` unless said. */
  readonly digest?: DigestAlgorithm
}

/** What always must be covered; `content-digest` too where there is a body. */
export const coveredAlways: readonly string[] = ['@method', '@authority', '@path', '@query']

/**
 * Signs a request (RFC 9421 §3.1).
 *
 * @param body the raw bytes, null or empty where there is none.
 * @returns the headers to add. There is `content-digest` where there is a body; the request must not have one yet.
 * @throws SignatureError `absent` where a header to cover is not there, `components` or `message`.
 */
export function signRequest(
  head: RequestHead,
  body: Uint8Array | null,
  settings: SignSettings,
): Readonly<Record<string, string>> {
  const digest = body === null || body.length === 0 ? null : contentDigest(body, settings.digest)
  const whole = digest === null ? head : { ...head, headers: [...head.headers, ['content-digest', digest] as const] }
  const names = [...coveredAlways, ...(digest === null ? [] : ['content-digest']), ...(settings.cover ?? [])]
  const list = signatureList(names, settings)
  const label = settings.label ?? 'sig1'
  const value = makeSignature(settings.key, signatureBase(whole, list))
  return {
    ...(digest === null ? {} : { 'content-digest': digest }),
    'signature-input': `${label}=${serializeInnerList(list)}`,
    signature: `${label}=${serializeBare({ kind: 'bytes', value })}`,
  }
}

function signatureList(names: readonly string[], settings: SignSettings): InnerList {
  const { nowSeconds, expiresInSeconds } = settings
  const parameters = new Map<string, BareItem>([['created', { kind: 'integer', value: nowSeconds }]])
  if (expiresInSeconds !== undefined)
    parameters.set('expires', { kind: 'integer', value: nowSeconds + expiresInSeconds })
  parameters.set('nonce', { kind: 'string', value: settings.nonce })
  parameters.set('keyid', { kind: 'string', value: settings.keyId })
  parameters.set('alg', { kind: 'string', value: settings.key.algorithm })
  if (settings.tag !== undefined) parameters.set('tag', { kind: 'string', value: settings.tag })
  const items = names.map(
    (value) => ({ kind: 'item', bare: { kind: 'string', value }, parameters: new Map() }) as const,
  )
  return { kind: 'list', items, parameters }
}
