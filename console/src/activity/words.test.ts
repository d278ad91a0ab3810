import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowsOf } from './rows.ts'
import { assessment, item } from './testing.ts'
import { leanWords, phrasesOf, strangeWords, titleOf, toneOf, verdictWords, weightOf } from './words.ts'

const row = (fields: Parameters<typeof item>[0]) => rowsOf([item(fields)])[0] as ReturnType<typeof rowsOf>[number]
const part = (feature: string, lean: number, ratio: number | null = null) => ({ feature, value: 'new', lean, ratio })

test('a type without words here is told in the ledger’s own, one named like a property of every object, too', () => {
  assert.equal(titleOf(row({ type: 'identity.something.new' })), 'Something happened.')
  assert.equal(titleOf(row({ type: 'constructor' })), 'Something happened.')
})

test('a factor, a reason or an end without words breaks nothing', () => {
  assert.equal(titleOf(row({ type: 'identity.factor.enrolled', facts: { factor: 'constructor' } })), 'Added a factor')
  assert.equal(titleOf(row({ type: 'sessions.session.ended', facts: { why: '__proto__' } })), 'A session was ended')
  const refused = row({ type: 'identity.user.sign-in-refused', by: 'stranger', facts: { reason: 'toString' } })
  assert.deepEqual(phrasesOf(refused, { own: true, id: 'usr_me' }), ['192.0.2.7'])
})

test('what a score found strange is named by weight, each word once', () => {
  const found = assessment({
    parts: [part('hour', 1), part('block', 2), part('prefix', 2), part('device', 3), part('country', -1)],
  })
  assert.deepEqual(strangeWords(found), ['unknown device', 'new network', 'unusual hour'])
  assert.deepEqual(strangeWords(null), [])
})

test('a score says what it led to, and whether there was anything to compare', () => {
  assert.equal(verdictWords(assessment()), 'as usual')
  assert.equal(verdictWords(assessment({ parts: [part('failures-address', 0)] })), 'too few sign-ins to compare')
  assert.match(verdictWords(assessment({ verdict: 'ask' })) ?? '', /second step/)
  assert.equal(verdictWords(null), null)
})

test('who may know the numbers reads ratios, and everybody else words', () => {
  assert.equal(leanWords(part('device', 1, 20)), '20 × likelier of others')
  assert.equal(leanWords(part('device', -2, 0.004)), '250 × likelier of them')
  assert.equal(leanWords(part('device', 0, 1)), 'says nothing')
  assert.equal(leanWords(part('device', 2)), 'very unlike you')
  assert.equal(leanWords(part('device', 9)), '')
})

test('no part draws a bar beyond its picture', () => {
  for (const ratio of [1e-9, 1e9, 1]) assert.ok(Math.abs(weightOf(part('device', 0, ratio))) <= 3)
})

test('a person reads that an administrator acted, and an administrator which one', () => {
  const ended = row({ type: 'sessions.session.ended', by: 'somebody-else', byId: 'usr_x', address: null })
  assert.deepEqual(phrasesOf(ended, { own: true, id: 'usr_me' }), ['by an administrator'])
  assert.deepEqual(phrasesOf(ended, { own: false, id: 'usr_me' }), ['by usr_x'])
  assert.deepEqual(phrasesOf(ended, { own: false, id: 'usr_x' }), ['by you'])
})

test('a password that was right is graver than one that was wrong', () => {
  const refused = (reason: string) => toneOf(row({ type: 'identity.user.sign-in-refused', facts: { reason } }))
  assert.deepEqual([refused('risk'), refused('password-wrong'), toneOf(row({}))], ['bad', 'warn', 'plain'])
})
