import { createHash } from 'node:crypto'
import { decodeAttestationObject, parseAuthenticatorData, verifySignature } from '@simplewebauthn/server/helpers'
import { SoftwareAuthenticator } from '../../server/identity/passkeys/software-authenticator.ts'

// Verifications of P-256 by the library that the server has, one after another, and nothing else.
const roundMs = 4_000
const bytes = (text: unknown) => new Uint8Array(Buffer.from(String(text), 'base64url'))
const authenticator = new SoftwareAuthenticator()
const challenge = Buffer.alloc(32).toString('base64url')
const made = authenticator.create({ challenge, rp: { id: 'custodia.localhost' }, user: { id: 'AAAA' } })
const object = decodeAttestationObject(bytes(made.response.attestationObject))
const credentialPublicKey = parseAuthenticatorData(object.get('authData'))
  .credentialPublicKey as Uint8Array<ArrayBuffer>
const { response } = authenticator.get({ challenge, rpId: 'custodia.localhost', allowCredentials: [] })
const clientHash = createHash('sha256').update(bytes(response.clientDataJSON)).digest()
const data = new Uint8Array(Buffer.concat([bytes(response.authenticatorData), clientHash]))
const signature = bytes(response.signature)

async function round(): Promise<number> {
  const started = performance.now()
  let verified = 0
  while (performance.now() - started < roundMs) {
    if (!(await verifySignature({ signature, data, credentialPublicKey }))) throw new Error('the sample does not hold')
    verified += 1
  }
  return (verified * 1_000) / (performance.now() - started)
}

process.on('message', () => void round().then((perSecond) => process.send?.({ perSecond })))
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
