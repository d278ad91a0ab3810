import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { parseStrictJson } from './strict-json.ts'
import { UnfitInput } from './unfit.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))
const refusedAt = (field: string, detail?: string) => (error: unknown) =>
  error instanceof UnfitInput && error.field === field && (detail === undefined || error.detail.includes(detail))

const shared = /__proto__|constructor|prototype/

test('every JSON value without repeated names is parsed as JSON.parse does', () => {
  const value = fc.jsonValue({ maxDepth: 6 }).filter((one) => !shared.test(JSON.stringify(one)))
  fc.assert(fc.property(value, (one) => assert.deepEqual(parse(JSON.stringify(one)), JSON.parse(JSON.stringify(one)))))
})

test('a repeated name is refused, and named', () => {
  assert.throws(() => parse('{"email":"a","email":"b"}'), refusedAt('body.email'))
  assert.throws(() => parse('{"a":[{"b":1,"c":{},"b":2}]}'), refusedAt('body.a.b'))
  assert.throws(() => parse('{"":1,"":2}'), refusedAt('body'))
})

test('a repeated name that hides behind an escape is refused', () => {
  assert.throws(() => parse('{"role":"a","r\\u006fle":"b"}'), refusedAt('body.role'))
})

test('the same name on different levels, or as a value, is no repetition', () => {
  assert.deepEqual(parse('{"a":{"a":"a"},"b":["a","a"],"c":"a:"}'), { a: { a: 'a' }, b: ['a', 'a'], c: 'a:' })
})

test('text that looks like structure inside a string is only text', () => {
  assert.deepEqual(parse('{"a":"{\\"a\\":1}","b":"\\\\"}'), { a: '{"a":1}', b: '\\' })
  assert.deepEqual(parse('["1e999", "\\\\ud800", "[[[[,,,,"]'), ['1e999', '\\ud800', '[[[[,,,,'])
})

for (const [what, text] of [
  ['nothing', ''],
  ['half an object', '{"a":'],
  ['two values', '{} {}'],
  ['a trailing comma', '{"a":1,}'],
  ['a comment', '{/**/}'],
  ['a byte order mark', '\ufeff{}'],
  ['a single quote', "{'a':1}"],
  ['a number with a plus sign', '[+1]'],
  ['a number in hexadecimal', '[0x10]'],
  ['a leading zero', '[01]'],
  ['NaN', '[NaN]'],
  ['a bare control character', '["\u0000"]'],
] as const) {
  test(`${what} is refused as not JSON`, () => assert.throws(() => parse(text), refusedAt('body', 'is not JSON')))
}

for (const [what, bytes] of [
  ['a broken sequence', [0x22, 0xc3, 0x28, 0x22]],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
  ['half a surrogate pair in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
] as const)
  test(`${what} is refused before it is read`, () =>
    assert.throws(() => parseStrictJson(Uint8Array.from(bytes)), refusedAt('body', 'UTF-8')))

for (const name of ['__proto__', 'constructor', 'prototype'])
  test(`${name} is refused as a name wherever it stands, and allowed as a value`, () => {
    assert.throws(() => parse(`{"${name}":{}}`), refusedAt(`body.${name}`))
    const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`
    assert.throws(() => parse(`{"a":{"${escaped}":1}}`), refusedAt(`body.a.${name}`))
    assert.deepEqual(parse(`["${name}"]`), [name])
  })

test('nesting is allowed to 32 levels and refused beyond', () => {
  assert.ok(parse('['.repeat(32) + ']'.repeat(32)))
  assert.throws(() => parse('['.repeat(33) + ']'.repeat(33)), refusedAt('body', 'deeper'))
  assert.throws(() => parse('['.repeat(200_000) + ']'.repeat(200_000)), refusedAt('body'))
})

test('as many values as the bound says, and not one more', () => {
  const bounds = { maxDepth: 4, maxValues: 10 }
  const list = (length: number) => Buffer.from(JSON.stringify(new Array(length).fill(0)))
  assert.ok(parseStrictJson(list(9), bounds))
  assert.throws(() => parseStrictJson(list(10), bounds), refusedAt('body', 'values'))
  assert.throws(() => parseStrictJson(Buffer.from('[[[],[],[],[],[]],[],[]]'), bounds), refusedAt('body', 'values'))
})

for (const number of [
  ...['1e400', '-1e400', '9007199254740993', '-9007199254740993', '123456789012345678901', '1e-400'],
  ...['0.12345678901234567890', '3.14159265358979323846264338327950288', '4.94065645841246544177e-324'],
])
  test(`${number} is refused: a double does not keep it`, () => {
    assert.throws(() => parse(`{"amount":${number}}`), refusedAt('body.amount', 'number'))
    assert.throws(() => parse(`[[${number}]]`), refusedAt('body', 'number'))
  })

test('numbers that a double keeps are taken, however they are written', () => {
  const numbers = ['0', '-0', '1.0', '1e3', '1E+3', '9007199254740992', '0.1', '0.10000000000000001', '5e-324', '1.50']
  for (const one of [...numbers, '100000000000000000000', '1000000000000000', '1e22', '0.000', '0e999'])
    assert.deepEqual(parse(`[${one}]`), [Number(one)])
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (one) => parse(JSON.stringify([one])) !== null),
  )
})

test('half of a surrogate pair is refused, as a value and as a name; a whole pair is text', () => {
  assert.deepEqual(parse('["\\ud83d\\ude00"]'), ['😀'])
  for (const half of ['\\ud800', '\\udc00x', '\\uD83D', '\\ude00\\ud83d']) {
    assert.throws(() => parse(`{"a":"${half}"}`), refusedAt('body.a', 'Unicode'))
    assert.throws(() => parse(`{"${half}":1}`), refusedAt('body', 'Unicode'))
  }
})

test('what was sent is not in what is said of it, but for names, which are short', () => {
  const long = 'x'.repeat(1_000)
  assert.throws(
    () => parse(`{"${long}":1,"${long}":"secret"}`),
    (error) => error instanceof UnfitInput && error.field.length === 200 && !error.detail.includes('secret'),
  )
})
