import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { csrfTokens } from './csrf-token.ts'

const tokens = csrfTokens(randomBytes(32), randomBytes)

it('a token is the session’s own, and another text each time', () => {
  const [one, two] = [tokens.make('ses_a'), tokens.make('ses_a')]
  assert.notEqual(one, two)
  assert.equal(tokens.holds('ses_a', one), true)
  assert.equal(tokens.holds('ses_a', two), true)
})

it('a token of another session, of another key, changed, cut, longer or absent does not hold', () => {
  const token = tokens.make('ses_a')
  assert.equal(tokens.holds('ses_b', token), false)
  assert.equal(csrfTokens(randomBytes(32), randomBytes).holds('ses_a', token), false)
  const first = token.startsWith('A') ? 'B' : 'A'
  for (const wrong of [undefined, '', `${first}${token.slice(1)}`, token.slice(0, -1), `${token}A`, 'A'.repeat(64)])
    assert.equal(tokens.holds('ses_a', wrong), false)
  assert.equal(tokens.holds('', tokens.make('')), false)
})

it('there are no tokens under a short key', () => {
  assert.throws(() => csrfTokens(randomBytes(16), randomBytes), TypeError)
})
