import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printable, printableField, printableJson } from './printable.ts'

test('no control or direction character reaches a terminal, and a field ends no line', () => {
  assert.equal(printable('a\u001b[2Jb\u009bc\u202ed\re\nf'), 'a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{d}e\nf')
  assert.equal(printableField('a\nb\u2066c'), 'a\\u{a}b\\u{2066}c')
})

test('JSON shows none of them either, and is read as the very same value', () => {
  assert.equal(printableJson({ name: '\u202e\u009b\u{e0041}x' }), '{"name":"\\u202e\\u009b\\udb40\\udc41x"}')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printableJson({ text })
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\u2028\u2029]/u)
      assert.deepEqual(JSON.parse(shown), { text })
    }),
  )
})
