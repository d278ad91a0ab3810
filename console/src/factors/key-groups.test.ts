import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { enrolledBy } from './enrol-desk.ts'
import { keyGroups } from './key-groups.ts'

test('a key is shown in groups of four, and without the spaces it is the key', () => {
  assert.equal(keyGroups('JBSWY3DPEHPK3PXP'), 'JBSW Y3DP EHPK 3PXP')
  assert.equal(keyGroups('JBSWY'), 'JBSW Y')
  assert.equal(keyGroups(''), '')
  const key = fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567') })
  fc.assert(fc.property(key, (secret) => assert.equal(keyGroups(secret).replaceAll(' ', ''), secret)))
})

test('an enrolment without codes shows none, and one outside a sign-in leads no sign-in on', () => {
  for (const reply of [null, {}, { recoveryCodes: null }])
    assert.deepEqual(enrolledBy(reply), { codes: [], progress: null })
  assert.deepEqual(enrolledBy({ recoveryCodes: ['a'] }), { codes: ['a'], progress: null })
})
