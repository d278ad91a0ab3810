import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import { securityTexts } from '../texts-of-security.ts'
import { meaning, readAaguids } from './meaning.ts'

const now: SignInPolicy = {
  secondFactor: 'optional',
  roles: {},
  graceDays: 14,
  mailCodes: false,
  smsCodes: false,
  freshSeconds: null,
  attestation: 'none',
  authenticators: [],
}
const said = (change: Partial<SignInPolicy>, before: SignInPolicy = now) =>
  meaning(before, { ...before, ...change }).join(' ')

test('where nothing changes it says so, and promises nothing', () => {
  assert.equal(said({}), securityTexts.policy.means.same)
})

test('a demand says whom it meets and when, and never promises time that is not given', () => {
  assert.match(said({ secondFactor: 'required' }), /reminded for 14 days/)
  assert.match(said({ secondFactor: 'required', graceDays: 1 }), /for 1 day,/)
  assert.match(said({ secondFactor: 'required', graceDays: 0 }), /at the next sign-in/)
  assert.doesNotMatch(said({ secondFactor: 'phishing-resistant', graceDays: 0 }), /days/)
})

test('a role that needs more is named, and so is one that needs it no longer', () => {
  const strict = { ...now, roles: { administrator: 'phishing-resistant' } as const }
  assert.match(said({ roles: strict.roles }), /“administrator” need: a passkey/)
  assert.match(said({ roles: {} }, strict), /“administrator” need: as everybody/)
})

test('a code that travels is called what it is, and taking it away as well', () => {
  assert.match(said({ mailCodes: true }), /read somebody’s mail/)
  assert.match(said({ smsCodes: true }), /phone number/)
  assert.match(said({ mailCodes: false }, { ...now, mailCodes: true }), /stop working/)
})

test('several changes are several sentences', () => {
  assert.equal(meaning(now, { ...now, secondFactor: 'required', mailCodes: true, attestation: 'enterprise' }).length, 3)
})

test('a list of models takes AAGUIDs in either case, once each, and nothing else', () => {
  const one = 'ee882879-721c-4913-9775-3dfcce97072a'
  assert.deepEqual(readAaguids(` ${one.toUpperCase()}\n\n${one}\r\n`), { aaguids: [one], wrong: null })
  assert.deepEqual(readAaguids(''), { aaguids: [], wrong: null })
  for (const line of ['yubikey', one.slice(1), `${one}0`, '{ee882879}', one.replaceAll('-', '')])
    assert.equal(readAaguids(`${one}\n${line}`).wrong, line, line)
})
