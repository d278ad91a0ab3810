import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'

test('the example of RFC 8785 §3.2 is written as the RFC writes it', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
    string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members stand in the order of UTF-16 code units (RFC 8785 §3.2.3)', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6']
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']
  const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))
  assert.deepEqual(
    [...text.matchAll(/"((?:[^"\\]|\\.)+)":/g)].map((match) => JSON.parse(`"${match[1]}"`)),
    sorted,
  )
})

test('numbers are those of ECMAScript, and minus zero is zero', () => {
  assert.equal(
    canonicalJson([-0, 5e-324, 1.7976931348623157e308, 1e21, 1e-7, 9007199254740992]),
    '[0,5e-324,1.7976931348623157e+308,1e+21,1e-7,9007199254740992]',
  )
})

test('what was written once is written the same again, whatever the order of its members', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value)
      assert.equal(canonicalJson(JSON.parse(text)), text)
      assert.ok(text.isWellFormed())
    }),
  )
})

test('lone surrogates become the replacement character, and two names that thereby meet are refused', () => {
  assert.equal(canonicalJson(['a\ud800b']), '["a\ufffdb"]')
  assert.throws(() => canonicalJson({ '\ud800': 1, '\ud801': 2 }), /one name/)
})

test('values that JSON cannot say are refused, not guessed at', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const bad = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    1n,
    Symbol('x'),
    () => 1,
    new Date(),
    new Map(),
    new Uint8Array(1),
    cycle,
  ]
  for (const value of bad) assert.throws(() => canonicalJson(value), /canonical JSON/)
  for (const value of bad.filter((one) => one !== undefined)) assert.throws(() => canonicalJson({ a: [value] }))
  assert.throws(() => canonicalJson([undefined]))
  assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}')
})

test('a member named __proto__ is a member like any other', () => {
  assert.equal(canonicalJson(JSON.parse('{"__proto__":{"x":1},"a":2}')), '{"__proto__":{"x":1},"a":2}')
})
