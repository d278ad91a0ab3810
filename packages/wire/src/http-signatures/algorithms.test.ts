import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { ed25519PublicKey } from './algorithms.ts'
import { newEd25519 } from './testing.ts'

const pem = (der: Buffer) => `-----BEGIN PUBLIC KEY-----\n${der.toString('base64')}\n-----END PUBLIC KEY-----\n`

describe('a public key in PEM', () => {
  test('is the 32 bytes of its point', () => {
    const { verifying, signing } = newEd25519()
    const { x } = signing.privateKey.export({ format: 'jwk' })
    assert.equal(Buffer.from(verifying.publicKey).toString('base64url'), x)
  })

  test('is refused when it is a private one, of another kind, or none', () => {
    const { signing } = newEd25519()
    const odd = [
      signing.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      generateKeyPairSync('x25519').publicKey.export({ format: 'pem', type: 'spki' }) as string,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }) as string,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }) as string,
      pem(Buffer.alloc(44)),
      '',
      'x',
    ]
    for (const text of odd) assert.throws(() => ed25519PublicKey(text), TypeError)
  })

  test('is refused when anybody could sign for it: a point of low order, or one that is written in a second way', () => {
    for (const point of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, `ee${'ff'.repeat(31)}`]) {
      const der = Buffer.from(`302a300506032b6570032100${point}`, 'hex')
      assert.throws(() => ed25519PublicKey(pem(der)), TypeError)
    }
  })
})
