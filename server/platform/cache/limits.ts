/** What every cache holds its callers to, so that one that works in process works on Redis too. */
export const cacheLimits = {
  maxKeyCharacters: 512,
  maxValueCharacters: 65_536,
  maxTtlSeconds: 86_400,
  maxBurst: 1_000_000,
} as const

/** @throws RangeError that never repeats the key: keys may be made from what a stranger sent. */
export function checkKey(key: string): void {
  if (key.length === 0 || key.length > cacheLimits.maxKeyCharacters || !key.isWellFormed())
    throw new RangeError(`a cache key has 1 to ${cacheLimits.maxKeyCharacters} characters of well-formed text`)
}

export function checkEntry(key: string, value: string, ttlSeconds: number): void {
  checkKey(key)
  // A lone surrogate would come back from Redis as another character.
  if (value.length > cacheLimits.maxValueCharacters || !value.isWellFormed())
    throw new RangeError(`a cached value has up to ${cacheLimits.maxValueCharacters} characters of well-formed text`)
  checkWhole('ttlSeconds', ttlSeconds, cacheLimits.maxTtlSeconds)
}

export function checkSpending(key: string, burst: number, perSeconds: number): void {
  checkKey(key)
  checkWhole('burst', burst, cacheLimits.maxBurst)
  checkWhole('perSeconds', perSeconds, cacheLimits.maxTtlSeconds)
}

function checkWhole(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new RangeError(`${name} is a whole number from 1 to ${max}`)
}
