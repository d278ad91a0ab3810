import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../api/problem.ts'
import { hasPasskeys, offeredPasskey, passkeyProblem } from './webauthn.ts'

const named = (name: string) => Object.assign(new Error('the browser’s own words'), { name })

test('what the browser refuses is said in our words, never in its own', () => {
  for (const [name, code] of [
    ['NotAllowedError', 'PASSKEY_NOT_USED'],
    ['AbortError', 'PASSKEY_NOT_USED'],
    ['InvalidStateError', 'PASSKEY_KNOWN'],
    ['SecurityError', 'PASSKEY_UNSUPPORTED'],
    ['NotSupportedError', 'PASSKEY_UNSUPPORTED'],
    ['', 'PASSKEY_UNSUPPORTED'],
  ] as const) {
    const problem = passkeyProblem(named(name))
    assert.equal(problem.code, code, name)
    assert.doesNotMatch(problem.title + problem.help, /own words/)
  }
})

test('a refusal of the server stays what it is', () => {
  const refused = new Problem({ status: 409, code: 'X', title: 'T', help: 'H' })
  assert.equal(passkeyProblem(refused), refused)
})

test('without WebAuthn nothing is offered, and the server is not even asked', async () => {
  assert.equal(hasPasskeys(), false)
  assert.equal(await offeredPasskey(() => assert.fail('it was asked')), null)
})
