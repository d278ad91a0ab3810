import { createHash } from 'node:crypto'
import { proofs } from './proof.ts'
import type { Verdict, VerifyOptions, WebhookRequest } from './request.ts'
import { within } from './request.ts'
import type { Claim, Sender, SenderName } from './senders.ts'
import { senders } from './senders.ts'

/**
 * Whether a request comes from a sender: signed with one of these secrets, over these very bytes, and not too long ago. That it counts
 * once is for the caller: burn `once` after this holds, never before, or a stranger burns what the sender has yet to send.
 *
 * @param secrets those that hold now, 1 to 4; the sender's public key where it signs with a private one.
 * @throws RangeError where none of the secrets can be one of this sender.
 */
export function verifyWebhook(
  name: SenderName,
  request: WebhookRequest,
  secrets: readonly string[],
  options: VerifyOptions,
): Verdict {
  const sender: Sender = senders[name]
  if (!secrets.some((secret) => isSecretOf(name, secret)))
    throw new RangeError('none of the secrets can be one of this sender')
  const claim = sender.read(request)
  if (claim === null) return { ok: false, why: 'missing' }
  if (claim.signatures.length === 0) return { ok: false, why: 'malformed' }
  if (!holds(sender, claim, secrets.slice(0, 4))) return { ok: false, why: 'signature' }
  // The time after the signature: what is not signed says nothing of when it was sent.
  const outside = claim.sentAt === null ? null : within(claim.sentAt, options)
  if (outside !== null) return { ok: false, why: outside }
  return {
    ok: true,
    once: createHash('sha256')
      .update(claim.once ?? claim.signed)
      .digest('hex'),
    sentAt: claim.sentAt,
  }
}

/** Every signature is compared with every secret, so that the time does not say which of them fits. */
function holds(sender: Sender, { signatures, signed }: Claim, secrets: readonly string[]): boolean {
  let found = false
  for (const { proof, bytes } of signatures)
    for (const secret of secrets) {
      const key = sender.readKey(secret, proof)
      if (key !== null && proves(proof, key, signed, bytes)) found = true
    }
  return found
}

function proves(proof: keyof typeof proofs, key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return proofs[proof](key, signed, signature)
  } catch {
    // A public key that is none proves nothing.
    return false
  }
}

/** True where a text has the form of this sender's secrets. */
export function isSecretOf(name: SenderName, secret: string): boolean {
  const { readKey }: Sender = senders[name]
  return (['hmac-sha256', 'ed25519'] as const).some((proof) => readKey(secret, proof) !== null)
}
