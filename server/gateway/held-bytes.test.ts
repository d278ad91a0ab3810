import assert from 'node:assert/strict'
import test from 'node:test'
import { HeldBytes } from './held-bytes.ts'

test('one network holds a quarter and leaves the rest to others; what was let go of is there again', () => {
  const bytes = new HeldBytes(400)
  const own = Array.from({ length: 10 }, (_, i) => bytes.begin(`2001:db8:1:2::${i}`))
  for (const one of own) assert.equal(one.add(10), true)
  const more = bytes.begin('2001:db8:1:2::ff')
  assert.equal(more.add(1), false)
  more.end()
  const other = bytes.begin('192.0.2.1')
  assert.equal(other.add(100), true)
  assert.equal(other.add(1), false)
  own[0]?.end()
  assert.equal(bytes.begin('2001:db8:1:2::1').add(10), true)
})

test('all together hold so much, and what comes after the end is counted for nobody', () => {
  const bytes = new HeldBytes(400)
  const all = [1, 2, 3, 4].map((last) => bytes.begin(`192.0.2.${last}`))
  for (const one of all) assert.equal(one.add(100), true)
  assert.equal(bytes.begin('192.0.2.5').add(1), false)
  for (const one of all) {
    one.end()
    one.end()
    assert.deepEqual([one.over, one.add(1_000)], [true, false])
  }
  assert.equal(bytes.begin('192.0.2.6').add(100), true)
})
