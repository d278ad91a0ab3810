import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeSignature, signatureHolds } from './algorithms.ts'
import { signatureBase } from './signature-base.ts'
import { readSignature } from './signature-fields.ts'
import { serializeInnerList } from './structured-fields.ts'
import { headOf, interopCases, keysOf, nowSeconds, policyCases, policyFor, refused, rfcCases } from './testing.ts'
import { verifyHead, verifyRequest } from './verify.ts'

describe('RFC 9421, appendix B', () => {
  assert.ok(rfcCases.length >= 6)
  for (const each of rfcCases) {
    const title = `${each.section} ${each.label}${each.note === undefined ? '' : `, ${each.note}`}`
    const head = headOf(each)

    test(`${title}: the signature base is the same, byte for byte`, () => {
      const { list } = readSignature(head, each.label)
      assert.equal(`${each.label}=${serializeInnerList(list)}`, each.signature_input)
      assert.equal(signatureBase(head, list), each.signature_base)
    })

    const keys = keysOf(each.key)
    if (keys === null) {
      test(`${title}: its algorithm is not one of ours, and no key of ours holds it`, () => {
        const { signature } = readSignature(head)
        for (const name of ['test-shared-secret', 'test-key-ed25519']) {
          const other = keysOf(name)
          assert.ok(other)
          assert.equal(signatureHolds(other.verifying, each.signature_base, signature), false)
        }
      })
      continue
    }

    test(`${title}: the signature ${each.valid ? 'holds' : 'does not hold'}`, () => {
      const { list, signature } = readSignature(head, each.label)
      assert.equal(signatureHolds(keys.verifying, signatureBase(head, list), signature), each.valid)
    })

    if (each.valid) {
      test(`${title}: we sign to the same bytes`, () => {
        const { signature } = readSignature(head, each.label)
        assert.deepEqual(Buffer.from(makeSignature(keys.signing, each.signature_base)), Buffer.from(signature))
      })
    }

    test(`${title}: covers too little for us`, async () => {
      const policy = policyFor(each.key, keys.verifying, 1_618_884_473)
      await assert.rejects(verifyHead(head, policy), refused('parameter'))
    })
  }
})

describe('the cases of a policy', () => {
  const reasons: Readonly<Record<string, 'old' | 'ahead'>> = { 'too old': 'old', 'created in the future': 'ahead' }
  for (const each of policyCases) {
    test(`${each.note}: ${each.accept ? 'accepted' : 'refused'}`, async () => {
      const keys = keysOf(each.key)
      assert.ok(keys)
      const policy = { ...policyFor(each.key, keys.verifying, each.policy.now), maxAgeSeconds: each.policy.max_age_s }
      const body = Buffer.from(each.message.body ?? '')
      const done = verifyRequest(headOf(each), body, { ...policy, required: each.policy.required })
      if (!each.accept) {
        await assert.rejects(done, refused(reasons[each.note ?? ''] ?? 'signature'))
        assert.equal(policy.uses.length, 0, 'a nonce is not burnt by what is refused')
        return
      }
      const { keyId, covered, nonce } = await done
      assert.equal(keyId, each.key)
      assert.ok(each.policy.required.every((name) => covered.includes(name)))
      assert.deepEqual(policy.uses, [nonce])
    })
  }
})

describe('what other implementations sign', () => {
  assert.equal(interopCases.length, 16)
  for (const each of interopCases) {
    test(`${each.by}, ${each.key}: ${each.message.method} ${each.message.url}`, async () => {
      const keys = keysOf(each.key)
      assert.ok(keys)
      const url = new URL(each.message.url)
      // As it stood on the wire: a URL keeps no lone question mark.
      const head = { ...headOf(each), target: each.message.url.slice(url.origin.length) }
      const policy = {
        ...policyFor(each.key, keys.verifying, nowSeconds),
        authorities: ['example.com', 'example.com:8443'],
      }
      const body = Buffer.from(each.message.body ?? '')
      assert.equal((await verifyRequest(head, body, policy)).keyId, each.key)
      await assert.rejects(verifyRequest({ ...head, target: `${head.target}x` }, body, policy), refused('signature'))
    })
  }
})
