import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldError } from './field-error.ts'
import { Problem } from './problem.ts'

const problem = (field: string | null, detail: string | null) =>
  new Problem({ status: 422, code: 'X', title: 'Title.', help: 'Help.', field, detail })

test('a field says what is wrong with it, in a sentence', () => {
  assert.equal(
    fieldError(problem('body.next', 'is shorter than 15 characters'), 'next'),
    'It is shorter than 15 characters.',
  )
})

test('without a detail it says what can be done', () => {
  assert.equal(fieldError(problem('body.email', null), 'email'), 'Help.')
})

test('a problem of another field, of none, or no problem at all is not shown there', () => {
  for (const other of [
    problem('body.email', 'x'),
    problem('body.next.more', 'x'),
    problem('next', 'x'),
    problem(null, 'x'),
    null,
  ]) {
    assert.equal(fieldError(other, 'next'), null)
  }
})
