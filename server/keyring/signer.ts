import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { Signer } from './api.ts'
import type { LiveKey } from './live-key.ts'

/** RFC 8410 §7: a PKCS #8 PrivateKeyInfo of Ed25519 up to its 32-byte seed. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 key whose seed (RFC 8032 §5.1.5) is this key. */
export function signerOf(key: LiveKey): Signer {
  const seed = key.secret.export()
  const der = Buffer.concat([pkcs8, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  seed.fill(0)
  der.fill(0)
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return {
    keyId: key.id,
    // RFC 8410 §4: the last 32 bytes of the SubjectPublicKeyInfo.
    publicKey: Uint8Array.from(spki.subarray(-32)),
    sign: (message) => sign(null, message, privateKey),
  }
}
