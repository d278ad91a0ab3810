import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FormatError } from './format-error.ts'
import { formatBundle, formatTilePath, levelSize, parseTilePath, splitBundle, splitTile } from './tile.ts'

test('paths are those of the specification', () => {
  assert.equal(formatTilePath({ level: 0, index: 0, width: 256 }), 'tile/0/000')
  assert.equal(formatTilePath({ level: 0, index: 1234067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(formatTilePath({ level: 1, index: 67, width: 17 }), 'tile/1/067.p/17')
  assert.equal(formatTilePath({ level: 'entries', index: 1000, width: 1 }), 'tile/entries/x001/000.p/1')
})

test('every tile has one path, which leads back to it', () => {
  const level = fc.oneof(fc.constant('entries' as const), fc.nat(63))
  fc.assert(
    fc.property(fc.record({ level, index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) }), (name) => {
      assert.deepEqual(parseTilePath(formatTilePath(name)), { ...name })
    }),
  )
})

test('any other text is not a path', () => {
  const bad = [
    '',
    'tile',
    'tile/0/',
    'tile/0/0',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/000',
  ]
  const more = [
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/017',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/000/',
    '/tile/0/000',
  ]
  const worse = [
    'tile/0/../000',
    'tile/data/000',
    `tile/0/${'x999/'.repeat(5)}999`,
    'tile/0/000\n',
    'tile/0/٠٠٠',
    `tile/0/${'x'.repeat(1e5)}`,
  ]
  for (const path of [...bad, ...more, ...worse])
    assert.throws(() => parseTilePath(path), FormatError, path.slice(0, 50))
})

test('bundles come apart into the entries they were made of', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }), (entries) => {
      assert.deepEqual(splitBundle(formatBundle(entries)), entries)
    }),
  )
  assert.equal(splitBundle(formatBundle([new Uint8Array(65_535)]))[0]?.length, 65_535)
})

test('bundles that are cut, too full or too long are refused', () => {
  const bundle = formatBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(4)])
  for (const length of [1, 2, 4, 6, 7]) assert.throws(() => splitBundle(bundle.subarray(0, length)), FormatError)
  assert.throws(() => splitBundle(new Uint8Array(257 * 2)), FormatError)
  assert.throws(() => formatBundle([new Uint8Array(65_536)]), FormatError)
  assert.throws(() => splitTile(new Uint8Array(33), 1), FormatError)
})

test('a level holds one hash for each whole group below it', () => {
  assert.deepEqual(
    [0, 1, 2].map((level) => levelSize(65_536 + 511, level)),
    [66_047, 257, 1],
  )
  assert.equal(levelSize(255, 1), 0)
})
