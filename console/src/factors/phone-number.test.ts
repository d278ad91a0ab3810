import assert from 'node:assert/strict'
import { test } from 'node:test'
import { e164Of } from './phone-number.ts'

test('a number is read as people write it', () => {
  for (const text of [
    '+4915123456789',
    ' +49 151 2345 6789 ',
    '0049 151/2345-6789',
    '+49 (0)151 23456789',
    '+49.151.23456789',
    '+49\u00a0151\u201323456789',
  ])
    assert.equal(e164Of(text), '+4915123456789', text)
})

test('what has no country’s code, or is no number, is none', () => {
  for (const text of [
    '',
    '+',
    '0151 23456789',
    '15123456789',
    '+0151234567',
    '+49 151',
    '+49 151 2345 6789 0123',
    '+49 CALL ME',
    '++4915123456789',
  ])
    assert.equal(e164Of(text), null, text)
})
