import assert from 'node:assert/strict'
import test from 'node:test'
import { Type } from 'typebox'
import { isRefusal } from '../errors.ts'
import { compileValidator } from './validate.ts'

const query = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) },
  { additionalProperties: false },
)
const body = Type.Object(
  { user: Type.Object({ age: Type.Integer() }, { additionalProperties: false }) },
  { additionalProperties: false },
)

const refusal = (part: string, schema: object, value: unknown) => {
  try {
    compileValidator(schema, part)(value)
  } catch (error) {
    if (isRefusal(error, 'REQUEST_INVALID')) return `${error.details.field}: ${error.details.detail}`
    throw error
  }
  return null
}

test('numbers of an address are read from text, within their bounds', () => {
  const value = { limit: '7' }
  assert.equal(refusal('querystring', query, value), null)
  assert.deepEqual(value, { limit: 7 })
  for (const limit of ['0', '101', '1.5', 'x', '', '1e999', '-1e999', 'NaN', 'Infinity', ['7', '8']])
    assert.match(refusal('querystring', query, { limit }) ?? '', /^query\.limit/, String(limit))
})

test('a body is taken at its word: text is no number', () => {
  assert.equal(refusal('body', body, { user: { age: 7 } }), null)
  assert.match(refusal('body', body, { user: { age: '7' } }) ?? '', /^body\.user\.age: must be integer/)
})

test('what is missing, unknown or of another type is named by its path', () => {
  assert.equal(refusal('body', body, {}), 'body.user: is missing')
  assert.equal(refusal('body', body, { user: {} }), 'body.user.age: is missing')
  assert.equal(refusal('body', body, { user: { age: 1, isAdmin: true } }), 'body.user.isAdmin: is not known here')
  assert.match(refusal('body', body, null) ?? '', /^body: must be object/)
})

test('a refusal never repeats what was sent', () => {
  assert.doesNotMatch(refusal('body', body, { user: { age: 'hunter2' } }) ?? '', /hunter2/)
})
