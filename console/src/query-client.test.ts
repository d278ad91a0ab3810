import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from './api/problem.ts'
import { makeQueryClient, needsSignIn, shouldRetry } from './query-client.ts'

const problem = (status: number, code = 'X') => new Problem({ status, code, title: 'T', help: 'H' })

test('an ended session leads to the sign-in page, from whichever request finds out', async () => {
  let calls = 0
  const client = makeQueryClient(() => calls++)
  await client.fetchQuery({ queryKey: ['x'], queryFn: () => Promise.reject(problem(401)) }).catch(() => {})
  assert.equal(calls, 1)
})

test('a wrong password is not an ended session, nor is a wrong code', () => {
  for (const code of ['IDENTITY_CREDENTIALS_WRONG', 'IDENTITY_FACTOR_WRONG'])
    assert.equal(needsSignIn(problem(401, code)), false)
  assert.equal(needsSignIn(problem(401, 'AUTHENTICATION_REQUIRED')), true)
})

test('neither a refusal nor a fault of the page sends anybody to the sign-in page', () => {
  for (const error of [problem(403), problem(500), problem(0), new Error('x'), null])
    assert.equal(needsSignIn(error), false)
})

test('a refusal is not asked again; silence is, twice', () => {
  for (const status of [400, 401, 403, 404, 409, 422, 429, 500]) assert.equal(shouldRetry(0, problem(status)), false)
  assert.deepEqual(
    [0, 1, 2].map((failures) => shouldRetry(failures, problem(0))),
    [true, true, false],
  )
  assert.equal(shouldRetry(0, new TypeError('x')), false)
})
