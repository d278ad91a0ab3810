import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../platform/random.ts'
import { sampler } from './sampling.ts'

test('a thousand draws cost one read of randomness, and the next one another', () => {
  let reads = 0
  const bytes = (length: number) => {
    reads++
    return systemRandom.bytes(length)
  }
  const draw = sampler({ bytes }, 100)
  assert.equal(reads, 0, 'nothing is read before it is needed')
  for (let at = 0; at < 1_024; at++) draw()
  assert.equal(reads, 1)
  draw()
  assert.equal(reads, 2)
})

test('none is none, all are all, and one in a hundred is about that', () => {
  const count = (sampled: number, draws: number) => {
    const draw = sampler(systemRandom, sampled)
    return Array.from({ length: draws }, draw).filter(Boolean).length
  }
  assert.deepEqual([count(0, 5_000), count(10_000, 5_000)], [0, 5_000])
  const some = count(100, 100_000)
  assert.ok(some > 700 && some < 1_300, String(some))
})

test('each draw has bytes of its own', () => {
  const bytes = Buffer.alloc(4_096)
  for (let at = 0; at < 1_024; at++) bytes.writeUInt32BE(at, at * 4)
  const draw = sampler({ bytes: () => bytes }, 3)
  assert.deepEqual(
    Array.from({ length: 1_024 }, draw).flatMap((kept, at) => (kept ? [at] : [])),
    [0, 1, 2],
  )
})
