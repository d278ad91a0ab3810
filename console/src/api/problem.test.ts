import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, parseRetryAfter, problemOf, readProblem } from './problem.ts'

const nowMs = Date.parse('2026-01-31T09:30:00.000Z')

test('a wait may be given in seconds or as a date', () => {
  assert.equal(parseRetryAfter('170', nowMs), 170)
  assert.equal(parseRetryAfter('Sat, 31 Jan 2026 09:31:00 GMT', nowMs), 60)
})

test('a wait that is over, absurd or unreadable keeps nobody out', () => {
  assert.equal(parseRetryAfter('Sat, 31 Jan 2026 09:00:00 GMT', nowMs), 0)
  assert.equal(parseRetryAfter('9999999999', nowMs), 86_400)
  for (const header of [null, '', 'soon', '-5x', '1e3 seconds']) assert.equal(parseRetryAfter(header, nowMs), null)
})

test('a refusal keeps its code, its help and the field that is wrong', () => {
  const body = { code: 'REQUEST_INVALID', title: 'No.', help: 'Do.', field: 'body.email', detail: 'is too long' }
  const problem = readProblem(400, body, null)
  assert.deepEqual(
    [problem.code, problem.title, problem.help, problem.field, problem.detail],
    ['REQUEST_INVALID', 'No.', 'Do.', 'body.email', 'is too long'],
  )
})

test('a reply that is no problem document still becomes one, with its status', () => {
  for (const body of [null, 'Bad Gateway', [], 7, { code: 5, title: {} }]) {
    const problem = readProblem(502, body, null)
    assert.equal(problem.status, 502)
    assert.equal(problem.code, 'REPLY_UNREADABLE')
    assert.match(problem.title, /502/)
  }
})

test('an error of the page itself shows nothing of what was thrown', () => {
  const problem = problemOf(new TypeError('secret of x is undefined'))
  assert.equal(problem.code, 'PAGE_FAULT')
  assert.doesNotMatch(`${problem.title} ${problem.help} ${problem.message}`, /secret/)
})

test('a problem stays itself', () => {
  const problem = new Problem({ status: 403, code: 'X', title: 'T', help: 'H' })
  assert.equal(problemOf(problem), problem)
})
