import assert from 'node:assert/strict'
import { it } from 'node:test'
import { compilePattern } from './like.ts'

const parts = (pattern: string) => [...pattern].map((one) => (one === '*' ? null : one))

/** What the specification says, tried in every way. */
function matches(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] !== '*') return text[0] === pattern[0] && text !== '' && matches(pattern.slice(1), text.slice(1))
  return Array.from({ length: text.length + 1 }, (_, at) => at).some((at) => matches(pattern.slice(1), text.slice(at)))
}

const over = (letters: string, longest: number): string[] => {
  let last = ['']
  const made = ['']
  for (let length = 1; length <= longest; length++) {
    last = last.flatMap((start) => [...letters].map((letter) => start + letter))
    made.push(...last)
  }
  return made
}

it('every pattern of up to five characters matches every text of up to six as the specification says', () => {
  const texts = over('ab', 6)
  for (const pattern of over('ab*', 5)) {
    const compiled = compilePattern(parts(pattern))
    for (const text of texts) assert.equal(compiled(text), matches(pattern, text), `${pattern} ${text}`)
  }
})

it('takes what a regular expression would read as more for itself', () => {
  for (const text of ['.*', '(a+)+$', '[a]', '\\', 'a?', '^', '\n']) {
    assert.equal(compilePattern([text])(text), true)
    assert.equal(compilePattern([text, null])('aaa'), false)
  }
})

it('does not match a half of a character', () => {
  // Both are two UTF-16 units, and the first of them is the same.
  assert.equal(compilePattern(['𝕏', null])('𝕐'), false)
  assert.equal(compilePattern([null, '𝕏', null])('𝕐𝕏'), true)
})

it('is linear in the longest text and the worst pattern', () => {
  const piece = `${'a'.repeat(30_000)}b`
  const hard = compilePattern([null, piece, null, piece, null])
  const many = compilePattern(Array.from({ length: 4_000 }, (_, at) => (at % 2 === 0 ? null : 'aab')))
  const before = process.threadCpuUsage()
  for (let time = 0; time < 10; time++) {
    assert.equal(hard('a'.repeat(65_536)), false)
    assert.equal(many('a'.repeat(65_536)), false)
  }
  // A few milliseconds; thousands where each place is tried anew.
  assert.ok(process.threadCpuUsage(before).user < 2_000_000)
})
