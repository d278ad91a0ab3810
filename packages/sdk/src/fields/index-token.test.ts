import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CustodiaError } from '../errors.ts'
import { indexToken, normalise, plannedBits } from './index-token.ts'

const key = Buffer.alloc(32, 7)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const invalid = (field: string) => (error: unknown) =>
  error instanceof CustodiaError && error.code === 'INPUT_INVALID' && error.details.field === field

describe('an index token', () => {
  it('is HMAC-SHA-256 of the version and the normalised value', () => {
    const mac = createHmac('sha256', key)
      .update(Buffer.concat([Buffer.of(1), Buffer.from('mara@example.org')]))
      .digest()
    assert.equal(hex(indexToken(key, ' Mara@Example.ORG\n', 256)), hex(mac))
  })

  it('is cut to its bits, and what is left of its last byte is zero', () => {
    const whole = BigInt(`0x${hex(indexToken(key, 'mara', 256))}`)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), (bits) => {
        const token = indexToken(key, 'mara', bits)
        assert.equal(token.length, Math.ceil(bits / 8))
        const unused = BigInt(token.length * 8 - bits)
        assert.equal(BigInt(`0x${hex(token)}`), (whole >> BigInt(256 - bits)) << unused)
      }),
    )
  })

  it('is the same however a person writes the value', () => {
    const same = ['ＭＡＲＡ', 'mara', '  Mara ', 'm\u0061ra', 'MARA\u00a0']
    assert.equal(new Set(same.map((value) => hex(indexToken(key, value, 64)))).size, 1)
    assert.equal(normalise('Ångström'), normalise('A\u030angstro\u0308m'))
  })

  it('is another one for another value or another key', () => {
    const tokens = [
      indexToken(key, 'mara', 64),
      indexToken(key, 'mare', 64),
      indexToken(Buffer.alloc(32, 8), 'mara', 64),
    ]
    assert.equal(new Set(tokens.map(hex)).size, 3)
  })

  it('compares by a form that normalising leaves as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) =>
        assert.equal(normalise(normalise(value)), normalise(value)),
      ),
      { numRuns: 2_000 },
    )
  })

  it('is refused for nothing, for too much, and for a length that is none', () => {
    for (const value of ['', '   ', '\u3000', 'x'.repeat(1025)]) {
      assert.throws(() => indexToken(key, value, 64), invalid('values'))
    }
    for (const bits of [0, 257, -8, 1.5, Number.NaN])
      assert.throws(() => indexToken(key, 'mara', bits), invalid('bits'))
  })
})

describe('the planned length of an index', () => {
  it('lets at least two records share each token, and fewer than the root of all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 2 ** 40 }), (records) => {
        const shared = records / 2 ** plannedBits(records)
        assert.ok(shared >= 2 && shared < Math.sqrt(records), `${records} records, ${shared} share a token`)
      }),
      { numRuns: 2_000, examples: [[8], [15], [16], [2 ** 40]] },
    )
  })

  it('is the longest that does', () => {
    for (const records of [8, 1_000, 65_536]) assert.ok(records / 2 ** (plannedBits(records) + 1) < 2)
  })

  it('is refused where no length hides anything', () => {
    for (const records of [0, 7, -1, 8.5, 2 ** 41, Number.NaN]) {
      assert.throws(() => plannedBits(records), invalid('expectedRecords'))
    }
  })
})
