import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomFillSync } from 'node:crypto'
import type { EnvelopeKey } from '@custodia/wire/envelope/envelope.ts'
import { openEnvelope, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'

// One kind of call in a process of its own, so that nobody's garbage is collected at another's expense. Each message asks for a round.
const perRound = 20_000
const plaintext = randomBytes(1_024)

const key: EnvelopeKey = { keyId: randomBytes(16), number: 1, sealing: new KcXaesKey(createSecretKey(randomBytes(32))) }
const place = {
  organisationId: null,
  applicationId: 'inbox',
  subjectId: 'usr_01hzy8k3v9c2m4n6p8q0r2s4t6',
  collection: 'messages',
  record: 'msg_01hzy8k3v9c2m4n6p8q0r2s4t7',
  field: 'body',
  schemaVersion: 1,
}
const sealed = sealEnvelope(key, place, plaintext)

const bareKey = createSecretKey(randomBytes(32))
const nonces = Buffer.allocUnsafeSlow(12 * 512)
let used = nonces.length

function nextNonce(): Buffer {
  if (used === nonces.length) {
    randomFillSync(nonces)
    used = 0
  }
  used += 12
  return nonces.subarray(used - 12, used)
}

/** The least that can be called sealing: its three parts are left where they are. */
function sealBare() {
  const nonce = nextNonce()
  const cipher = createCipheriv('aes-256-gcm', bareKey, nonce)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return { nonce, ciphertext, tag: cipher.getAuthTag() }
}

const first = sealBare()
const bare = { ...first, nonce: Buffer.from(first.nonce) }

function openBare(): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', bareKey, bare.nonce)
  decipher.setAuthTag(bare.tag)
  const opened = decipher.update(bare.ciphertext)
  decipher.final()
  return opened
}

const calls: Readonly<Record<string, () => unknown>> = {
  seal: () => sealEnvelope(key, place, plaintext),
  open: () => openEnvelope(key, place, sealed),
  'seal-bare': sealBare,
  'open-bare': openBare,
}
const call = calls[process.argv[2] ?? '']
if (call === undefined) throw new Error(`there is no call ${process.argv[2]}`)

process.on('message', () => {
  const before = process.cpuUsage()
  for (let i = 0; i < perRound; i++) call()
  const { user, system } = process.cpuUsage(before)
  process.send?.({ perSecond: (perRound * 1_000_000) / (user + system) })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
