import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseAddress } from './email-address.ts'

test('spellings of one mailbox are one', () => {
  const expected = 'zoë.king@xn--exmple-cua.org'
  for (const spelled of [
    'zoë.king@exämple.org',
    'ZOË.King@EXÄMPLE.ORG',
    'zoe\u0308.king@exa\u0308mple.org',
    'Zoë.King@xn--exmple-cua.org',
    'zoë.king@exämple.org.',
    'zoë.king@ｅｘämple.org',
  ])
    assert.equal(normaliseAddress(spelled), expected, spelled)
})

test('what means something at a provider is left', () => {
  const different = [
    'a.b@example.org',
    'ab@example.org',
    'ab+tag@example.org',
    'ab@sub.example.org',
    '"ab"@example.org',
  ]
  assert.equal(new Set(different.map(normaliseAddress)).size, different.length)
})

test('letters that only look alike stay apart', () => {
  assert.notEqual(normaliseAddress('admin@example.org'), normaliseAddress('аdmin@example.org'))
  assert.notEqual(normaliseAddress('mike@example.org'), normaliseAddress('mıke@example.org'))
  assert.notEqual(normaliseAddress('mike@example.org'), normaliseAddress('miKe@example.org'.replace('K', 'ķ')))
})

test('what has no domain is no address', () => {
  for (const text of ['', 'a', '@', 'a@', '@b', 'a@b c', 'a@-.%', 'a@b..c', 'a@[::1]', 'a@b_c', '\ud83e@b.c'])
    assert.equal(normaliseAddress(text), null, text)
})

test('normalising twice changes nothing', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(part, fc.domain(), (local, domain) => {
      const once = normaliseAddress(`${local}@${domain}`)
      if (once !== null) assert.equal(normaliseAddress(once), once)
    }),
    { numRuns: 1_000 },
  )
})
