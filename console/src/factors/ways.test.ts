import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EnrolledFactor, FactorKind, Way } from '@custodia/wire/http/factors.ts'
import { codesLeft, isLastSecond, nextStep, numberEnd, openWays } from './ways.ts'

const has = (factor: FactorKind, ...facts: string[]): EnrolledFactor => ({
  id: `fac_${factor}`,
  factor,
  name: factor,
  createdAt: '2026-01-31T09:00:00.000Z',
  lastUsedAt: null,
  facts,
})
const enrolable: FactorKind[] = ['passkey', 'totp', 'sms-code', 'recovery-code']
const step = (items: EnrolledFactor[], enrolBefore: string | null = null) => nextStep({ items, enrolable, enrolBefore })

test('without WebAuthn a passkey is not offered, and the order of the rest stays', () => {
  const ways: Way[] = [
    { factor: 'passkey', hint: null },
    { factor: 'totp', hint: null },
    { factor: 'recovery-code', hint: '3 codes left' },
  ]
  assert.deepEqual(
    openWays(ways, false).map(({ factor }) => factor),
    ['totp', 'recovery-code'],
  )
  assert.equal(openWays(ways, true).length, 3)
})

test('codes are counted by the fact that names them and by nothing that looks alike', () => {
  assert.equal(codesLeft({ facts: ['codes-left:3'] }), 3)
  for (const fact of ['codes-left:', 'codes-left:-1', 'codes-left:3x', 'xcodes-left:3', 'codes-left:1e3', 'synced'])
    assert.equal(codesLeft({ facts: [fact] }), null, fact)
})

test('a passkey that may be copied comes before everything else', () => {
  assert.equal(step([has('passkey', 'clone-suspected'), has('recovery-code', 'codes-left:0')], '2026-02-01'), 'cloned')
})

test('a password alone is not called safe, whatever else is enrolled beside it', () => {
  assert.equal(step([]), 'enrol')
  assert.equal(step([has('password')]), 'enrol')
  assert.equal(step([has('recovery-code', 'codes-left:10'), has('mail-code')]), 'enrol')
  assert.equal(step([], '2026-02-01T00:00:00.000Z'), 'enrol-soon')
})

test('a phone is better than a password alone, is not called safe, and counts only where texts are in use', () => {
  const items = [has('sms-code', 'number:…67'), has('recovery-code', 'codes-left:10')]
  assert.equal(step(items), 'stronger')
  assert.equal(nextStep({ items, enrolable: ['passkey', 'totp'], enrolBefore: null }), 'enrol')
  assert.equal(step([...items, has('totp')]), 'passkey')
  assert.equal(isLastSecond([has('totp'), ...items], has('totp')), false)
  assert.equal(isLastSecond(items, items[0] as EnrolledFactor), true)
})

test('a number’s end is told by the fact that names it and by nothing that looks alike', () => {
  assert.equal(numberEnd({ facts: ['number:…67'] }), '67')
  for (const fact of ['number:…', 'number:67', 'number:…678', 'number:…6x', 'codes-left:3'])
    assert.equal(numberEnd({ facts: [fact] }), null, fact)
})

test('somebody with few codes or none could be locked out, and is told', () => {
  for (const codes of [[], [has('recovery-code', 'codes-left:0')], [has('recovery-code', 'codes-left:2')]])
    assert.equal(step([has('passkey'), ...codes]), 'codes')
})

test('an app with enough codes leads on to a passkey, and a passkey is enough', () => {
  assert.equal(step([has('totp'), has('recovery-code', 'codes-left:8')]), 'passkey')
  assert.equal(step([has('passkey'), has('recovery-code', 'codes-left:8')]), 'safe')
})

test('the last second step is the only one of its kind, not one of two', () => {
  const [app, key] = [has('totp'), has('passkey')]
  assert.equal(isLastSecond([app, has('recovery-code')], app), true)
  assert.equal(isLastSecond([app, key], app), false)
  assert.equal(isLastSecond([app, has('recovery-code')], has('recovery-code')), false)
})
