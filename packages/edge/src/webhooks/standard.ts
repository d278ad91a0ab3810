import { createHmac, createPrivateKey, sign as signWith } from 'node:crypto'
import { fromBase64 } from './proof.ts'

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standardHeaders = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const

export type Message = {
  /** The same at each attempt; what a receiver tells a repetition by. Up to 255 characters, none of them a point or a space. */
  readonly id: string
  /** Seconds since 1970: of this attempt, not of the event. */
  readonly timestamp: number
  readonly body: Uint8Array
}

const idPattern = /^[!-\-/-~]{1,255}$/

/** A symmetric secret as people hand it on: 24 to 64 bytes behind `whsec_`. Null where it is none. */
export function readSecret(text: string): Uint8Array | null {
  const bytes = fromBase64(text.replace(/^whsec_/, ''))
  return bytes !== null && bytes.length >= 24 && bytes.length <= 64 ? bytes : null
}

/** An Ed25519 public key: 32 bytes behind `whpk_`. Null where it is none. */
export function readPublicKey(text: string): Uint8Array | null {
  if (!text.startsWith('whpk_')) return null
  const bytes = fromBase64(text.slice(5))
  return bytes?.length === 32 ? bytes : null
}

/** @param random 32 bytes. */
export const writeSecret = (random: Uint8Array): string => `whsec_${Buffer.from(random).toString('base64')}`

/** What the signature covers: `id.timestamp.body`. */
export function signedContent({
  id,
  timestamp,
  body,
}: {
  id: string
  timestamp: number | string
  body: Uint8Array
}): Uint8Array {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
}

/**
 * The three headers of one attempt: one signature for each secret, so that a receiver who has either of two that overlap is content.
 *
 * @param secrets 1 to 4, `whsec_…` (HMAC-SHA256, `v1`) or `whsk_…` (Ed25519 private key, 32 or 64 bytes, `v1a`).
 * @throws RangeError for an id, a time or a secret that the specification does not allow; it repeats nothing of them.
 */
export function signWebhook(message: Message, secrets: readonly string[]): Record<string, string> {
  if (!idPattern.test(message.id))
    throw new RangeError('the id of a webhook is 1 to 255 printable characters, without a point')
  if (!Number.isSafeInteger(message.timestamp) || message.timestamp <= 0)
    throw new RangeError('the time of a webhook is in whole seconds')
  if (secrets.length === 0 || secrets.length > 4) throw new RangeError('a webhook is signed with one to four secrets')
  const content = signedContent(message)
  return {
    [standardHeaders.id]: message.id,
    [standardHeaders.timestamp]: String(message.timestamp),
    [standardHeaders.signature]: secrets.map((secret) => signatureBy(secret, content)).join(' '),
  }
}

function signatureBy(secret: string, content: Uint8Array): string {
  if (secret.startsWith('whsk_')) return `v1a,${signWith(null, content, privateKey(secret)).toString('base64')}`
  const key = readSecret(secret)
  if (key === null) throw new RangeError('the secret of a webhook is 24 to 64 bytes of base64 behind whsec_')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

// RFC 8410 §7: an Ed25519 private key is its seed behind these bytes.
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function privateKey(secret: string) {
  const bytes = fromBase64(secret.slice(5))
  if (bytes?.length !== 32 && bytes?.length !== 64)
    throw new RangeError('the signing key of a webhook is 32 or 64 bytes of base64 behind whsk_')
  return createPrivateKey({ key: Buffer.concat([pkcs8, bytes.subarray(0, 32)]), format: 'der', type: 'pkcs8' })
}
