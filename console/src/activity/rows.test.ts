import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActivityItem } from '@custodia/wire/http/activity.ts'
import { isDisownable, rowsOf } from './rows.ts'
import { assessment, item } from './testing.ts'

const score = (facts: ActivityItem['facts'], id: string) =>
  item({ id, type: 'identity.sign-in.assessed', facts, assessment: assessment() })
const signIn = (facts: ActivityItem['facts'], id = 'in') => item({ id, type: 'identity.user.signed-in', facts })
const refusal = (id: string, fields: Partial<ActivityItem> = {}) =>
  item({ id, type: 'identity.user.sign-in-refused', by: 'stranger', facts: { reason: 'password-wrong' }, ...fields })
const shapes = (items: readonly ActivityItem[]) => rowsOf(items).map(({ item, kind, times }) => [item.id, kind, times])

test('a sign-in and its score are one line', () => {
  const rows = rowsOf([signIn({ session: 's1' }), score({ session: 's1' }, 'a')])
  assert.deepEqual([rows.length, rows[0]?.kind, rows[0]?.assessment?.verdict], [1, 'sign-in', 'allow'])
})

test('so they are where a second step lay between them, whatever else happened meanwhile', () => {
  const items = [signIn({ session: 's1', attempt: 't1' }), refusal('r'), score({ attempt: 't1' }, 'a')]
  assert.deepEqual(shapes(items), [
    ['in', 'sign-in', 1],
    ['r', 'other', 1],
  ])
  assert.notEqual(rowsOf(items)[0]?.assessment, null)
})

test('a first step that nobody followed up is a line of its own', () => {
  const items = [signIn({ session: 's1', attempt: 't1' }), score({ attempt: 't2' }, 'b'), score({ attempt: 't1' }, 'a')]
  assert.deepEqual(shapes(items), [
    ['in', 'sign-in', 1],
    ['b', 'stopped', 1],
  ])
})

test('a sign-in without a score, as at a recovery, takes none that belongs elsewhere', () => {
  const rows = rowsOf([signIn({ session: 's2' }), score({ attempt: 't9' }, 'a')])
  assert.deepEqual([rows[0]?.assessment, rows[1]?.kind], [null, 'stopped'])
})

test('refused tries from one place, one after the other, are one line with their number', () => {
  const other = { address: '198.51.100.9' }
  assert.deepEqual(shapes([refusal('a'), refusal('b'), refusal('c', other), refusal('d')]), [
    ['a', 'other', 2],
    ['c', 'other', 1],
    ['d', 'other', 1],
  ])
})

test('a try for which the password was right is never hidden among wrong ones', () => {
  const items = [refusal('a'), refusal('b', { facts: { reason: 'risk' } }), refusal('c')]
  assert.equal(rowsOf(items).length, 3)
})

test('a sign-in that was refused for its score shows the score, and each its own', () => {
  const refused = (id: string) => refusal(id, { facts: { reason: 'risk' } })
  const why = (id: string, score: number) =>
    item({ id, type: 'identity.sign-in.assessed', assessment: assessment({ verdict: 'refuse', score }) })
  const rows = rowsOf([refused('b'), why('2', 2), refused('a'), why('1', 1), why('0', 0)])
  assert.deepEqual(
    rows.map(({ item, kind, assessment }) => [item.id, kind, assessment?.score]),
    [
      ['b', 'other', 2],
      ['a', 'other', 1],
    ],
  )
})

test('changes are never folded, and a session that a new sign-in replaced is left out', () => {
  const changed = (id: string) => item({ id, type: 'identity.password.changed' })
  const ended = item({ id: 'e', type: 'sessions.session.ended', facts: { why: 'replaced' } })
  assert.deepEqual(
    rowsOf([changed('a'), ended, changed('b')]).map(({ times }) => times),
    [1, 1],
  )
})

test('of nothing there is nothing', () => assert.deepEqual(rowsOf([]), []))

test('what one would have done oneself may be disowned, and not the session in which one says so', () => {
  const disownable = (one: ActivityItem) => rowsOf([one]).map((row) => isDisownable(row, 's1'))[0]
  assert.equal(disownable(signIn({ session: 's1' })), false)
  assert.equal(disownable(signIn({ session: 's2' })), true)
  assert.equal(disownable(score({ attempt: 't' }, 'a')), true)
  assert.equal(disownable(item({ type: 'identity.factor.enrolled' })), true)
  assert.equal(disownable(item({ type: 'identity.factor.removed', by: 'somebody-else' })), false)
  assert.equal(disownable(refusal('r')), false)
})
