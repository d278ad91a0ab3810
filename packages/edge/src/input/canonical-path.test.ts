import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { canonicalPath } from './canonical-path.ts'

test('a plain path is itself, without its query', () => {
  assert.equal(canonicalPath('/messages/42?next=/../x'), '/messages/42')
  assert.equal(canonicalPath('/'), '/')
  assert.equal(canonicalPath('/caf%C3%A9/a%20b'), '/café/a b')
})

for (const path of [
  '',
  'http://other/',
  '*',
  '//other',
  '/a//b',
  '/a/../b',
  '/a/./b',
  '/..',
  '/a/%2e%2e/b',
  '/a/.%2E/b',
  '/a%2fb',
  '/a%5Cb',
  '/a\\b',
  '/%00',
  '/a%0d%0aX: y',
  '/%c0%ae',
  '/%ff',
  '/%',
  '/%zz',
  '/%252e%252e/a',
  '/a%2541',
  '/a#b',
  // The bytes of UTF-8, as Node hands them on: é to one, Ã© to another.
  '/caf\u00c3\u00a9',
  '/a?x=1#&y=2',
  `/${'a'.repeat(8200)}`,
]) {
  test(`${JSON.stringify(path.slice(0, 30))} is refused: it can be read in more than one way`, () => {
    assert.equal(canonicalPath(path), null)
  })
}

test('whatever is accepted reads the same to a URL parser', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, noise) => {
      const target = new URL(url).pathname + noise.replaceAll('?', '').replaceAll('#', '')
      const path = canonicalPath(target)
      if (path === null || !URL.canParse(`http://host${target}`)) return
      const seen = new URL(`http://host${target}`).pathname
      assert.equal(decodeURIComponent(seen), path)
    }),
    { numRuns: 2_000 },
  )
})
