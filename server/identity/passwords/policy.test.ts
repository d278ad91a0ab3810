import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { readBreachedFilter } from './breached-filter.ts'
import type { OwnWords } from './policy.ts'
import { weakness as judge } from './policy.ts'

const nobody = { email: null, organisation: null }
const list = readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
const filter = readBreachedFilter(readFileSync(new URL('common-passwords.filter', import.meta.url)))
const weakness = (password: string, minLength: number, own: OwnWords) =>
  judge(password, minLength, own, (text) => filter.has(text))

test('a long phrase of any characters is fit', () => {
  for (const phrase of [
    'seven grey herons wade',
    'siebzehn müde Äpfel',
    '千の風になって空を吹き渡る光と影',
    '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆',
    '83920184756203847561',
    'correct horse battery staple'.repeat(30).slice(0, 1_024).concat('!'),
  ])
    assert.equal(weakness(phrase, 15, nobody), null, phrase.slice(0, 40))
})

test('length counts code points, and is what the setting says', () => {
  assert.match(weakness('🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤', 15, nobody) ?? '', /15/)
  assert.match(weakness('qz7vkw2', 8, nobody) ?? '', /8/)
  assert.equal(weakness('qz7vkw2m', 8, nobody), null)
  assert.notEqual(weakness('e\u0301'.repeat(8).slice(0, 15), 15, nobody), null, 'combining marks are not characters')
})

test('every common password is refused where it is long enough, in any case and with digits or signs behind it', () => {
  assert.equal(list.length, 10_000)
  for (const word of list) {
    assert.notEqual(weakness(word, 8, nobody), null, word)
    const variants = [word.toUpperCase()]
    if (/[a-z]$/.test(word) && word.length >= 4) {
      // As many behind it as it is long itself; behind a long word as many as one likes.
      const tail = word.length >= 8 ? '83920184756!' : '8392!017'.slice(0, word.length)
      variants.push(
        word + tail,
        `${word}${tail}`.toUpperCase(),
        `${word}2026`,
        `${word}123456789`,
        `${word}!!!!!!!!!!!!`,
      )
    }
    for (const variant of variants) assert.notEqual(weakness(variant, 8, nobody), null, variant)
  }
})

test('a short common word does not spoil a long rest that nobody guesses', () => {
  for (const phrase of [
    'love83920184756203847',
    'dragon 4817 2093 7756 1180',
    'abc83920184756203847',
    'a83920184756203847',
  ])
    assert.equal(weakness(phrase, 15, nobody), null, phrase)
})

test('a common password that is repeated or filled up to the length stays one', () => {
  for (const word of [
    'passwordpassword',
    'Password12345678',
    'letmeinletmeinletmein',
    'PASSWORDPASSWORDPASS',
    '123456789012345',
    'dragon123456789',
    'Monkey!!!!!!!!!!!!',
    'ＰＡＳＳＷＯＲＤ１２３４５６７８',
  ])
    assert.notEqual(weakness(word, 15, nobody), null, word)
  for (const repeated of ['a'.repeat(40), 'abc'.repeat(10), 'horse-'.repeat(4)])
    assert.equal(weakness(repeated, 15, nobody), 'repeats itself', repeated)
})

test('one’s own address and organisation do not count towards the length', () => {
  const own = { email: 'mira.okafor@northwind.example', organisation: 'Northwind Studio' }
  for (const word of [
    'mira.okafor@northwind.example',
    'MIRA.OKAFOR2026!',
    'northwind studio 1',
    'Northwindmira.okafor7',
  ])
    assert.notEqual(weakness(word, 15, own), null, word)
  assert.equal(weakness('my northwind herons wade', 15, own), null)
})

test('what is wrong is said without the password', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4, maxLength: 60, unit: 'binary' }), (password) => {
      const said = weakness(password, 15, { email: password, organisation: password })
      if (said !== null && /[^a-z0-9 ]/i.test(password)) assert.equal(said.includes(password), false)
    }),
  )
})

test('half a character is no text', () => {
  assert.notEqual(weakness(`seven grey herons \ud83e`, 15, nobody), null)
})
