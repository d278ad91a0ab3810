import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyEd25519 } from './ed25519.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'))
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

type Edge = { number: number; key: string; sig: string; msg: string; flags: string[] | null }
type Group = {
  publicKey: { pk: string }
  tests: { tcId: number; msg: string; sig: string; result: string }[]
}

function nodeVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  } catch {
    return false
  }
}

test('every Wycheproof signature is accepted or refused as it says', async () => {
  let count = 0
  for (const group of read('ed25519-wycheproof').testGroups as Group[]) {
    for (const one of group.tests) {
      const valid = await verifyEd25519(hex(group.publicKey.pk), hex(one.msg), hex(one.sig))
      assert.equal(valid, one.result === 'valid', `test ${one.tcId}`)
      count++
    }
  }
  assert.ok(count >= 50)
})

test('edge cases have one answer: none of low order or second encoding passes, and node:crypto agrees on the rest', async () => {
  const accepted: number[] = []
  for (const { number, key, sig, msg, flags } of read('ed25519-edge') as Edge[]) {
    const message = new TextEncoder().encode(msg)
    const valid = await verifyEd25519(hex(key), message, hex(sig))
    assert.equal(valid, nodeVerifies(hex(key), message, hex(sig)), `vector ${number}`)
    const refused = ['low_order_A', 'low_order_R', 'non_canonical_A', 'non_canonical_R', 'low_order_residue']
    if (valid)
      assert.deepEqual(
        (flags ?? []).filter((flag) => refused.includes(flag)),
        [],
        `vector ${number}`,
      )
    if (valid) accepted.push(number)
  }
  // Keys with a component of low order: the equation without the cofactor holds for these twelve.
  assert.equal(accepted.length, 12)
})

test('a lenient library does not make the rule lenient: encodings and orders are checked before it is asked', async (t) => {
  t.mock.method(crypto.subtle, 'verify', async () => true)
  const flagged = ['low_order_A', 'low_order_R', 'non_canonical_A', 'non_canonical_R']
  for (const { number, key, sig, msg, flags } of read('ed25519-edge') as Edge[]) {
    const valid = await verifyEd25519(hex(key), new TextEncoder().encode(msg), hex(sig))
    assert.equal(valid, !(flags ?? []).some((flag) => flagged.includes(flag)), `vector ${number}`)
  }
  const order = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010'
  const key = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
  const withS = (s: string) => verifyEd25519(key, new Uint8Array(), hex(Buffer.from(key).toString('hex') + s))
  assert.equal(await withS(order), false)
  assert.equal(await withS('ff'.repeat(32)), false)
  assert.equal(await withS(order.replace('ed', 'ec')), true)
})

test('the bytes that are verified stay as they were, in a Buffer too', async () => {
  for (const { key, sig, msg } of read('ed25519-edge') as Edge[]) {
    const [publicKey, signature] = [Buffer.from(key, 'hex'), Buffer.from(sig, 'hex')]
    const fromBuffer = await verifyEd25519(publicKey, Buffer.from(msg), signature)
    assert.deepEqual([publicKey.toString('hex'), signature.toString('hex')], [key, sig])
    assert.equal(fromBuffer, await verifyEd25519(hex(key), new TextEncoder().encode(msg), hex(sig)))
  }
})

test('keys and signatures of the wrong length are refused, not thrown about', async () => {
  for (const length of [0, 31, 33, 64]) {
    assert.equal(await verifyEd25519(new Uint8Array(length), new Uint8Array(), new Uint8Array(64)), false)
  }
  const key = new Uint8Array(32).fill(9)
  for (const length of [0, 63, 65])
    assert.equal(await verifyEd25519(key, new Uint8Array(), new Uint8Array(length)), false)
})
