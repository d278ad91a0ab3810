import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Typed } from './wanted.ts'
import { wantedKey } from './wanted.ts'

const typed: Typed = {
  name: ' Nightly report ',
  scopes: ['mail:read'],
  days: '',
  networks: '',
  rate: '',
  signing: 'none',
  publicKey: '',
  only: true,
}

test('what was left empty is left to the server', () => {
  assert.deepEqual(wantedKey(typed), { name: 'Nightly report', scopes: ['mail:read'] })
})

test('networks are taken as they were pasted: by line, comma or space', () => {
  const { networks } = wantedKey({ ...typed, networks: '192.0.2.0/24\n 2001:db8::/48, 198.51.100.7\n' })
  assert.deepEqual(networks, ['192.0.2.0/24', '2001:db8::/48', '198.51.100.7'])
})

test('a signature is demanded only where there is something to sign with', () => {
  assert.equal(wantedKey(typed).requireSignature, undefined)
  assert.partialDeepStrictEqual(wantedKey({ ...typed, signing: 'hmac-sha256' }), {
    signing: { algorithm: 'hmac-sha256' },
    requireSignature: true,
  })
  const soft = wantedKey({ ...typed, signing: 'ed25519', publicKey: ' abc ', only: false })
  assert.deepEqual(soft.signing, { algorithm: 'ed25519', publicKey: 'abc' })
  assert.equal(soft.requireSignature, undefined)
})

test('numbers are numbers; what is none is for the server to refuse', () => {
  assert.partialDeepStrictEqual(wantedKey({ ...typed, days: '30', rate: '60' }), { days: 30, requestsPerMinute: 60 })
})
