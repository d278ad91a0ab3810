import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keep, parseSearch, stringifySearch } from './search.ts'

test('a value of an address is text, whatever it looks like', () => {
  assert.deepEqual(parseSearch('?host=123&state=true&next=%7B%7D'), { host: '123', state: 'true', next: '{}' })
})

test('what was written into an address is read back as it was', () => {
  const values = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: 'grapheme' }))
  fc.assert(fc.property(values, (search) => assert.deepEqual(parseSearch(stringifySearch(search)), { ...search })))
})

test('empty values, and what is no text, do not reach the address', () => {
  assert.equal(stringifySearch({ search: '', open: undefined, n: 5, deep: { a: 1 } }), '')
})

test('a page reads only the names it declared', () => {
  assert.deepEqual(keep(['host'])({ host: 'a', state: 'b' }), { host: 'a' })
})

test('values that are too long or not text are dropped', () => {
  assert.deepEqual(keep(['a', 'b', 'c'])({ a: 'x'.repeat(513), b: 7, c: '' }), {})
})
