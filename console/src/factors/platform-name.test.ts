import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformName } from './platform-name.ts'

test('a phone is not taken for the system that it is built on', () => {
  assert.equal(platformName('Mozilla/5.0 (Linux; Android 14; Pixel 8)'), 'Android')
  assert.equal(platformName('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)'), 'iPhone')
  assert.equal(platformName('Mozilla/5.0 (X11; Linux x86_64)'), 'Linux')
})

test('what says nothing is called nothing', () => {
  for (const text of ['', 'curl/8', 'constructor']) assert.equal(platformName(text), '')
})
