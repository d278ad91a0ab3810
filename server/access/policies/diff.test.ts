import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffLines, diffOf } from './diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'when {', '}'), { maxLength: 30 })

test('without what was added it is the old, without what was removed the new', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before, after)
      const without = (change: string) => diff.filter((one) => one.change !== change).map(({ text }) => text)
      assert.deepEqual(without('added'), before)
      assert.deepEqual(without('removed'), after)
    }),
  )
})

test('what is the same shows no difference, and order and place in the file do not matter', () => {
  const [one, two] = [
    ['a', 'permit(principal, action, resource);'],
    ['b', 'forbid(principal, action, resource);'],
  ] as const
  assert.deepEqual(diffOf(new Map([one, two]), new Map([two, one])), [])
})

test('two long texts that have nothing in common are compared without a table of all their lines', () => {
  const text = (name: string) => Array.from({ length: 20_000 }, (_, at) => `${name} ${at}`)
  const before = process.threadCpuUsage()
  assert.equal(diffLines(text('old'), text('new')).length, 40_000)
  assert.ok(process.threadCpuUsage(before).user < 2_000_000)
})
