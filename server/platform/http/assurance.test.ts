import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assuranceOf, assurances } from './assurance.ts'

const names = ['pwd', 'otp', 'hwk', 'swk', 'mail', 'sms', 'recovery', 'user', 'mfa', '']

test('one factor stays one factor, however often it is named and whatever stands beside it that proves nothing', () => {
  for (const factors of [[], ['pwd'], ['pwd', 'pwd'], ['otp'], ['otp', 'mail'], ['recovery'], ['pwd', 'mfa'], ['HWK']])
    assert.equal(assuranceOf(factors), 'one-factor', factors.join())
})

test('a password with something beside it is two factors', () => {
  for (const second of ['otp', 'mail', 'sms', 'recovery'])
    for (const factors of [
      ['pwd', second],
      [second, 'pwd'],
    ])
      assert.equal(assuranceOf(factors), 'two-factors')
})

test('a passkey resists phishing, alone and beside others', () => {
  for (const factors of [['hwk'], ['swk'], ['pwd', 'swk'], ['otp', 'hwk', 'pwd']])
    assert.equal(assuranceOf(factors), 'phishing-resistant')
})

test('one more factor never lowers the assurance', () => {
  const some = fc.array(fc.constantFrom(...names))
  fc.assert(
    fc.property(some, some, (before, more) => {
      const level = (factors: string[]) => assurances.indexOf(assuranceOf(factors))
      assert.ok(level([...before, ...more]) >= level(before))
    }),
  )
})
