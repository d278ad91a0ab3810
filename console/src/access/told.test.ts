import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProblem } from '../api/problem.ts'
import { told, wrongAt } from './told.ts'

const refusal = (code: string, more: object = {}) =>
  readProblem(403, { code, title: 'It would last longer.', help: 'Ask somebody.', ...more }, null)

test('what is particular about a refusal is said with it', () => {
  const missing = told(refusal('ACCESS_NOT_YOURS_TO_GIVE', { permission: 'ledger:read' }))
  assert.equal(missing?.title, 'It would last longer. It is ledger:read.')
  assert.deepEqual([missing?.code, missing?.status, missing?.help], ['ACCESS_NOT_YOURS_TO_GIVE', 403, 'Ask somebody.'])
  const late = told(refusal('ACCESS_EXPIRY_TOO_LATE', { latest: '2026-03-01T12:00:00.000Z' }))
  assert.match(String(late?.title), /^It would last longer\. At the latest .*2026/)
})

test('a refusal without particulars, or with odd ones, stays as it is', () => {
  assert.equal(told(null), null)
  for (const more of [{}, { permission: 7 }, { latest: null }, { permission: ['ledger:read'] }])
    assert.equal(told(refusal('ACCESS_TOO_MANY', more))?.title, 'It would last longer.')
  assert.equal(told(new TypeError('of our own'))?.code, 'PAGE_FAULT')
})

test('a field is told what is about it, and nothing else', () => {
  const taken = refusal('ACCESS_ROLE_TAKEN')
  assert.equal(wrongAt(taken, 'name', ['ACCESS_ROLE_TAKEN']), 'It would last longer.')
  assert.equal(wrongAt(taken, 'summary', ['ACCESS_NAME_TAKEN']), null)
  assert.equal(wrongAt(taken, 'name'), null)
  assert.equal(wrongAt(null, 'name', ['ACCESS_ROLE_TAKEN']), null)
  const field = refusal('BODY_INVALID', { field: 'body.reason', detail: 'is missing' })
  assert.equal(wrongAt(field, 'reason'), 'It is missing.')
  assert.equal(wrongAt(field, 'name', ['ACCESS_NAME_TAKEN']), null)
})
