import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factorWords } from './factors.ts'

test('factors are named in words, and one without a word by its registered name', () => {
  assert.equal(factorWords(['pwd']), 'password')
  assert.equal(factorWords(['pwd', 'otp', 'face']), 'password, one-time code, and face')
})

test('a factor named like a property of every object is still only a name', () => {
  assert.equal(factorWords(['constructor']), 'constructor')
})

test('no factor is not a factor', () => {
  assert.equal(factorWords([]), '–')
})
