import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieValues } from './cookies.ts'

const name = '__Host-custodia-attempt'

test('a cookie is found among others, and as often as it stands there', () => {
  assert.deepEqual(cookieValues(`a=b; ${name}=one;\t${name}=two; ${name}x=three`, name), ['one', 'two'])
  assert.deepEqual(cookieValues(undefined, name), [])
})

test('a name behind another blank is another name: another host of the site may set it', () => {
  for (const blank of ['\u00a0', '\u0085', '\u000b', '\u000c', '\u2000', '\ufeff', '=', '"'])
    assert.deepEqual(cookieValues(`a=b; ${blank}${name}=tossed`, name), [], JSON.stringify(blank))
})
