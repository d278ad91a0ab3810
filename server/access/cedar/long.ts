/**
 * A Cedar long: 64 bits with a sign. A `number` where that holds it exactly, a `bigint` beyond, never the other way round; so two
 * longs are equal exactly where `===` says so.
 */
export type Long = number | bigint

const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/** @returns undefined where 64 bits do not hold it: integer overflow. */
export function longOf(value: bigint): Long | undefined {
  if (value < least || value > most) return undefined
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** @returns undefined on overflow, as the three below. */
export function add(left: Long, right: Long): Long | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    if (Number.isSafeInteger(sum)) return sum
  }
  return longOf(BigInt(left) + BigInt(right))
}

export function subtract(left: Long, right: Long): Long | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    if (Number.isSafeInteger(difference)) return difference
  }
  return longOf(BigInt(left) - BigInt(right))
}

export function multiply(left: Long, right: Long): Long | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right
    // Zero is added because 0 * -1 is -0, which is no long.
    if (Number.isSafeInteger(product)) return product + 0
  }
  return longOf(BigInt(left) * BigInt(right))
}

export const negate = (value: Long): Long | undefined => subtract(0, value)

export const isLong = (value: unknown): value is Long => typeof value === 'number' || typeof value === 'bigint'
