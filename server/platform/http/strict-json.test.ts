import assert from 'node:assert/strict'
import test from 'node:test'
import { isRefusal } from '../errors.ts'
import { parseStrictJson } from './strict-json.ts'

test('what the kernel does not take is refused by a code, with the member', () => {
  for (const [text, field] of [
    ['{"email":"a","email":"b"}', 'body.email'],
    ['{"a":{"constructor":1}}', 'body.a.constructor'],
    ['{"a":1e999}', 'body.a'],
    ['{', 'body'],
  ] as const)
    assert.throws(
      () => parseStrictJson(Buffer.from(text)),
      (error) => isRefusal(error, 'REQUEST_INVALID') && error.details.field === field,
    )
  assert.deepEqual(parseStrictJson(Buffer.from('{"a":1}')), { a: 1 })
})
