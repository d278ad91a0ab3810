import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allows, checkPrefix, isE164 } from './prefixes.ts'

test('a number is a plus and 7 to 15 digits, of which the first is not 0', () => {
  for (const number of ['+4915123456789', '+1234567', '+123456789012345']) assert.ok(isE164(number), number)
  for (const number of [
    '',
    '+',
    '4915123456789',
    '004915123456789',
    '+0151234567',
    '+123456',
    '+1234567890123456',
    '+49 151 2345678',
    '+49-151',
    '+49151234567a',
    '+4915123456789\n',
    '+4915123456789;ext=5',
    '+٤٩١٥١٢٣٤٥٦',
    'tel:+4915123456789',
  ])
    assert.ok(!isE164(number), JSON.stringify(number))
})

test('nobody is written to where nothing is named', () => {
  assert.equal(allows([], '+4915123456789'), false)
  assert.equal(allows(['!+49'], '+4315123456789'), false)
})

test('the longest entry that fits decides, in whatever order they stand', () => {
  const list = ['!+49137', '+49', '+1', '!+1876', '+18765551']
  for (const prefixes of [list, list.toReversed()]) {
    assert.equal(allows(prefixes, '+4915123456789'), true)
    assert.equal(allows(prefixes, '+491371234567'), false)
    assert.equal(allows(prefixes, '+12125550100'), true)
    assert.equal(allows(prefixes, '+18765550100'), false)
    assert.equal(allows(prefixes, '+18765551000'), true)
    assert.equal(allows(prefixes, '+4315123456789'), false)
  }
  for (const both of [
    ['+49', '!+49'],
    ['!+49', '+49'],
  ])
    assert.equal(allows(both, '+4915123456789'), false)
})

test('what is no prefix is no setting', () => {
  for (const text of ['+49', '+1', '!+49137', '+1876']) assert.equal(checkPrefix(text), text)
  for (const text of ['', '+', '49', '+0', '!', '!!+49', '+49*', '*', '+49 151', '+12345678901'])
    assert.throws(() => checkPrefix(text), text)
})
