import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Long } from './long.ts'
import { add, longOf, multiply, negate, subtract } from './long.ts'

const near = (middle: bigint) => [-2n, -1n, 0n, 1n, 2n].map((by) => middle + by)
const edges = [
  ...near(0n),
  ...[31n, 32n, 52n, 53n, 54n, 62n].flatMap((bits) => [...near(2n ** bits), ...near(-(2n ** bits))]),
  ...[2n ** 63n - 1n, 2n ** 63n - 2n, -(2n ** 63n), -(2n ** 63n) + 1n, 3_037_000_499n, -3_037_000_500n, 94_906_267n],
]
const longs = edges.map((edge) => longOf(edge) as Long)

it('calculates as 64 bits do, at every edge of 64 bits and of what a number holds', () => {
  const operations: readonly (readonly [typeof add, (a: bigint, b: bigint) => bigint])[] = [
    [add, (a, b) => a + b],
    [subtract, (a, b) => a - b],
    [multiply, (a, b) => a * b],
  ]
  for (const left of longs) {
    assert.equal(negate(left), longOf(-BigInt(left)))
    for (const right of longs) {
      for (const [operation, exact] of operations) {
        const result = operation(left, right)
        assert.equal(result, longOf(exact(BigInt(left), BigInt(right))), `${left} ${right}`)
        assert.ok(!Object.is(result, -0))
      }
    }
  }
})

it('has one form for each: a number where that holds it, else a bigint', () => {
  for (const long of longs) {
    const exact = BigInt(long)
    const small = exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER)
    assert.equal(typeof long, small ? 'number' : 'bigint')
  }
  for (const beyond of [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n]) assert.equal(longOf(beyond), undefined)
})
