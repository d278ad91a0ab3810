import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { passwordStrength } from './password-strength.ts'

const own = ['mira.okafor@northwind.example', 'Mira Okafor', 'Northwind Studio']
const of = (password: string) => passwordStrength(password, { own })

test('what is easy to guess scores low, and the advice says why', () => {
  for (const [password, most, advice] of [
    ['', 0, 'empty'],
    ['password', 0, 'short'],
    ['Tr0ub4dor&3', 1, 'short'],
    ['seven grey', 1, 'short'],
    ['aaaaaaaaaaaaaaaaaaaa', 0, 'repeats'],
    ['lalalalalalalala', 0, 'repeats'],
    ['heyMiraOkafor12', 1, 'own'],
    ['password password password', 1, 'repeats'],
    ['horse-horse-horse-horse', 1, 'repeats'],
    ['123456789012345678', 0, 'sequence'],
    ['abcdefghijklmnop', 0, 'sequence'],
    ['ponmlkjihgfedcba', 0, 'sequence'],
    ['qwertyuiopasdfghjkl', 0, 'sequence'],
    ['qwertzuiop12345', 0, 'sequence'],
    ['QWERTYUIOPasdfgh', 0, 'sequence'],
    ['24.12.1987 24/12/1987', 2, 'date'],
    ['19871224 20011130', 2, 'date'],
    ['mira.okafor@northwind.example', 0, 'own'],
    ['Northwind Studio 2026', 1, 'own'],
    ['MiraOkafor1987!', 1, 'own'],
    ['Password2026!!!!', 1, 'date'],
    ['………………………………………………', 0, 'repeats'],
  ] as const) {
    const { score, advice: said } = of(password)
    assert.ok(score <= most, `${password} scores ${score}`)
    assert.equal(said, advice, password)
  }
})

test('a phrase of one’s own, or a heap of characters, scores high', () => {
  for (const [password, least] of [
    ['seven grey herons wade', 3],
    ['siebzehn müde Äpfel', 3],
    ['correct horse battery staple', 4],
    ['four words are good enough', 3],
    ['千の風になって空を吹き渡る光と影', 4],
    ['семь серых цапель бродят', 3],
    ['qz7vkw2m-XpQ9rtL4', 3],
    ['83920184756203847561', 4],
    ['🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆', 4],
  ] as const) {
    const { score, advice } = of(password)
    assert.ok(score >= least, `${password} scores ${score}`)
    assert.equal(advice, 'fine', password)
  }
})

test('any text has a score and an advice, the fitting ones', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(fc.string(), { maxLength: 4 }),
      (password, words) => {
        const { score, advice } = passwordStrength(password, { own: words })
        assert.ok([0, 1, 2, 3, 4].includes(score))
        assert.equal(advice === 'fine', score >= 3)
        assert.equal(advice === 'empty', password === '')
      },
    ),
    { numRuns: 500 },
  )
})

test('the length asked for is the caller’s, counted in code points', () => {
  assert.equal(passwordStrength('qz7vkw2mXpQ9', { minLength: 8 }).advice === 'short', false)
  assert.equal(passwordStrength('qz7vkw2mXpQ9', { minLength: 13 }).advice, 'short')
  assert.equal(passwordStrength('🦊🐻🐼🐨🐯🦁🐮', { minLength: 8 }).advice, 'short')
})

test('what is repeated, or one’s own, adds next to nothing', () => {
  const words = 'seven grey'
  assert.ok(of(`${words} ${words} ${words}`).score <= of(`${words} herons wade`).score)
  assert.equal(of(`x${'mira'.repeat(10)}`).score, 0)
})

test('a text of the greatest length, and one beyond it, is estimated at once', () => {
  for (const text of ['ab1'.repeat(341), 'x'.repeat(1_000_000), 'é\u0301'.repeat(512), '\ud800'.repeat(1_024)]) {
    const before = process.threadCpuUsage()
    passwordStrength(text, { own })
    // Of the processor: whoever else is at work on this machine does not count.
    assert.ok(process.threadCpuUsage(before).user < 250_000, text.slice(0, 6))
  }
})
