import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { isRefusal } from '../errors.ts'
import { parseStrictJson } from './strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))
const refusedAt = (field: string) => (error: unknown) =>
  isRefusal(error, 'REQUEST_INVALID') && error.details.field === field

test('every JSON value without repeated names is parsed as JSON.parse does', () => {
  const value = fc.jsonValue({ maxDepth: 6 }).filter((one) => !JSON.stringify(one).includes('__proto__'))
  fc.assert(fc.property(value, (one) => assert.deepEqual(parse(JSON.stringify(one)), JSON.parse(JSON.stringify(one)))))
})

test('a repeated name is refused, and named', () => {
  assert.throws(() => parse('{"email":"a","email":"b"}'), refusedAt('body.email'))
  assert.throws(() => parse('{"a":[{"b":1,"c":{},"b":2}]}'), refusedAt('body.a.b'))
})

test('a repeated name that hides behind an escape is refused', () => {
  assert.throws(() => parse('{"role":"a","r\\u006fle":"b"}'), refusedAt('body.role'))
})

test('the same name on different levels, or as a value, is no repetition', () => {
  assert.deepEqual(parse('{"a":{"a":"a"},"b":["a","a"],"c":"a:"}'), { a: { a: 'a' }, b: ['a', 'a'], c: 'a:' })
})

test('text that looks like structure inside a string is only text', () => {
  assert.deepEqual(parse('{"a":"{\\"a\\":1}","b":"\\\\"}'), { a: '{"a":1}', b: '\\' })
})

for (const [what, text] of [
  ['nothing', ''],
  ['half an object', '{"a":'],
  ['two values', '{} {}'],
  ['a trailing comma', '{"a":1,}'],
  ['a comment', '{/**/}'],
  ['a byte order mark', '\ufeff{}'],
] as const) {
  test(`${what} is refused as not JSON`, () => assert.throws(() => parse(text), refusedAt('body')))
}

test('invalid UTF-8 is refused before it is read', () => {
  assert.throws(() => parseStrictJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)), refusedAt('body'))
})

test('__proto__ is refused as a name wherever it stands', () => {
  assert.throws(() => parse('{"__proto__":{}}'), refusedAt('body.__proto__'))
  assert.throws(() => parse('{"a":{"\\u005f_proto__":1}}'), refusedAt('body.a.__proto__'))
})

test('nesting is allowed to 32 levels and refused beyond', () => {
  assert.ok(parse('['.repeat(32) + ']'.repeat(32)))
  assert.throws(() => parse('['.repeat(33) + ']'.repeat(33)), refusedAt('body'))
})
