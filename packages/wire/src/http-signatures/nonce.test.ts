import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { body, hmacKey, nowSeconds, policyFor, refused, signed } from './testing.ts'
import { burnNonce, verifyHead, verifyRequest } from './verify.ts'

describe('the nonce', () => {
  test('serves once', async () => {
    const policy = policyFor('key_one', hmacKey, nowSeconds)
    await verifyRequest(signed(), body, policy)
    await assert.rejects(verifyRequest(signed(), body, policy), refused('nonce'))
    await verifyRequest(signed({ nonce: 'nonce-0002' }), body, policy)
  })

  test('serves one of fifty at once', async () => {
    const policy = policyFor('key_one', hmacKey, nowSeconds)
    const tries = Array.from({ length: 50 }, () => verifyRequest(signed(), body, policy))
    const done = await Promise.allSettled(tries)
    assert.equal(done.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const each of done) if (each.status === 'rejected') refused('nonce')(each.reason)
  })

  test('of another key is another nonce', async () => {
    const policy = { ...policyFor('key_one', hmacKey, nowSeconds), lookUp: () => hmacKey }
    await verifyRequest(signed(), body, policy)
    await verifyRequest(signed({ keyId: 'key_two' }), body, policy)
    assert.deepEqual(
      policy.uses.map(({ keyId }) => keyId),
      ['key_one', 'key_two'],
    )
  })

  test('is remembered for as long as the window would let it in', async () => {
    for (const ahead of [0, 5]) {
      const created = signed({ nowSeconds: nowSeconds + ahead })
      const { nonce } = await verifyRequest(created, body, policyFor('key_one', hmacKey, nowSeconds))
      const forgotten = policyFor('key_one', hmacKey, nonce.untilSeconds)
      await assert.rejects(verifyRequest(created, body, forgotten), refused('old'))
    }
  })

  test('of a body that was held back until the nonce would be forgotten is refused', async () => {
    const policy = policyFor('key_one', hmacKey, nowSeconds)
    const verified = await verifyHead(signed(), policy)
    await burnNonce(verified, policy.burn, verified.nonce.untilSeconds - 1)
    await assert.rejects(burnNonce(verified, policy.burn, verified.nonce.untilSeconds), refused('old'))
    assert.equal(policy.uses.length, 1)
  })

  test('that can not be stored lets nothing in', async () => {
    const away = { ...policyFor('key_one', hmacKey, nowSeconds), burn: () => Promise.reject(new Error('away')) }
    await assert.rejects(verifyRequest(signed(), body, away), /away/)
  })
})
