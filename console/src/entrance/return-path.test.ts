import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { returnPath } from './return-path.ts'

const origin = 'http://custodia.localhost:8080'

test('a path on this host is where sign-in leads back to, with its query and fragment', () => {
  assert.equal(returnPath('/ledger?type=identity#x', origin), '/ledger?type=identity#x')
})

for (const next of [
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\\\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  ' //evil.example',
  'evil.example',
  '/x/../..//evil.example',
  '/.//evil.example',
  '//custodia.localhost:8081/',
  '',
]) {
  test(`sign-in never leads to ${JSON.stringify(next)}`, () => {
    const path = returnPath(next, origin)
    assert.equal(new URL(path, origin).origin, origin)
    assert.ok(!path.startsWith('//'), path)
  })
}

test('whatever the address says, the way back stays on this host', () => {
  const part = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    ':',
    '@',
    '\t',
    '\n',
    ' ',
    'evil.example',
    'http',
    '%2f',
    '?',
    '#',
    'a',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const path = returnPath(`/${parts.join('')}`, origin)
      assert.equal(new URL(path, origin).origin, origin)
      assert.ok(path.startsWith('/') && !path.startsWith('//'))
    }),
  )
})

test('sign-in does not lead back to a page of the entrance', () => {
  for (const next of ['/sign-in', '/sign-in?next=/', '/setup', '/invitation#x', '/recovery#x', '/not-me'])
    assert.equal(returnPath(next, origin), '/')
})

test('a word that is no path is not taken for one', () => {
  for (const next of ['ledger', '?x', '#x', ' /ledger']) assert.equal(returnPath(next, origin), '/')
})

test('without a wish the start page is next', () => {
  assert.equal(returnPath(undefined, origin), '/')
})
