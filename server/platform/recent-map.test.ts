import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentMap } from './recent-map.ts'

function filled(max: number, keys: string) {
  const gone: string[] = []
  const map = new RecentMap<string>(max, (key, value) => gone.push(key + value))
  for (const key of keys) map.set(key, key)
  return { map, gone }
}

test('what was asked for stays, and the oldest of the others goes', () => {
  const { map, gone } = filled(3, 'abc')
  map.get('a')
  map.set('d', 'd')
  map.set('e', 'e')
  assert.deepEqual(gone, ['bb', 'cc'])
  assert.deepEqual([...map].map(([key]) => key).sort(), ['a', 'd', 'e'])
})

test('a use counts once: who is not asked for again goes like any other', () => {
  const { map, gone } = filled(2, 'ab')
  map.get('a')
  map.set('c', 'c')
  map.set('d', 'd')
  map.set('e', 'e')
  assert.deepEqual(gone, ['bb', 'aa', 'cc'])
})

test('where all are in use, one goes nevertheless, and a step does not walk through all', () => {
  const keys = Array.from({ length: 100 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('')
  const { map, gone } = filled(100, keys)
  for (const key of keys) map.get(key)
  map.set('new', 'new')
  assert.deepEqual([map.size, gone.length], [100, 1])
  assert.equal(gone[0]?.[0], keys[7])
})

test('a value that is replaced, deleted or cleared was not evicted, and takes no second place', () => {
  const { map, gone } = filled(2, 'ab')
  for (let again = 0; again < 5; again++) map.set('a', 'x')
  assert.deepEqual([map.get('a'), map.get('b'), map.size], ['x', 'b', 2])
  map.delete('a')
  map.delete('a')
  map.clear()
  assert.deepEqual([map.get('a'), map.get('b'), map.size, gone.length], [undefined, undefined, 0, 0])
})
