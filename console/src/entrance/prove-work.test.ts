import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChallenge, verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { proveWork } from './prove-work.ts'

const secret = 'a secret of this test'
const easy = { algorithm: 'PBKDF2/SHA-256', cost: 10, keyPrefix: '0', deriveKey, hmacSignatureSecret: secret } as const

test('what the browser works out is what the server accepts', async () => {
  const proof = await proveWork(JSON.stringify(await createChallenge(easy)))
  assert.match(proof, /^[A-Za-z0-9+/]+={0,2}$/)
  const { challenge, solution } = JSON.parse(atob(proof))
  const { verified } = await verifySolution({ challenge, solution, hmacSignatureSecret: secret, deriveKey })
  assert.equal(verified, true)
})

test('the work for one challenge is none for another', async () => {
  const one = JSON.parse(atob(await proveWork(JSON.stringify(await createChallenge(easy)))))
  const other = await createChallenge({ ...easy, keyPrefix: '0000' })
  const { verified } = await verifySolution({
    challenge: other,
    solution: one.solution,
    hmacSignatureSecret: secret,
    deriveKey,
  })
  assert.equal(verified, false)
})
