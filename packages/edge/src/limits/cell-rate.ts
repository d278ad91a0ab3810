/**
 * How many may come at once, and in how long they are earned back: a generic cell rate (ITU-T I.371 Annex A, virtual scheduling).
 * All times are whole microseconds, so that the last one of a burst is never lost to rounding.
 */
export type Rate = {
  readonly burst: number
  readonly perSeconds: number
  /** What one costs. */
  readonly stepUs: number
  /** What fits: `burst` steps. */
  readonly roomUs: number
}

export const mostBurst = 1_000_000
export const mostSeconds = 86_400

/**
 * @param burst 1 to 1,000,000.
 * @param perSeconds 1 to 86,400.
 * @throws RangeError otherwise, and where more than one would come in a microsecond.
 */
export function rateOf(burst: number, perSeconds: number): Rate {
  if (!isWhole(burst, mostBurst)) throw new RangeError('burst is a whole number from 1 to 1000000')
  if (!isWhole(perSeconds, mostSeconds)) throw new RangeError('perSeconds is a whole number from 1 to 86400')
  const stepUs = Math.floor((perSeconds * 1_000_000) / burst)
  return { burst, perSeconds, stepUs, roomUs: stepUs * burst }
}

export const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most

/**
 * When the cell would be whole again, had it been spent `cost` times now. No more than the room can be owed: what was stored by a
 * clock that is ahead, or under a larger burst, counts as just that.
 *
 * @param arrivalUs as stored; 0 where nothing is.
 */
export const spentUntil = (arrivalUs: number, nowUs: number, rate: Rate, cost: number): number =>
  Math.min(Math.max(arrivalUs, nowUs), nowUs + rate.roomUs) + rate.stepUs * cost

/**
 * Microseconds until it may pass; 0 where it may.
 *
 * @param untilUs of `spentUntil`.
 */
export const waitOf = (untilUs: number, nowUs: number, rate: Rate): number => Math.max(0, untilUs - rate.roomUs - nowUs)

/** How many more may come at once. */
export const remainingAt = (arrivalUs: number, nowUs: number, rate: Rate): number =>
  Math.max(0, Math.floor((rate.roomUs - Math.max(0, arrivalUs - nowUs)) / rate.stepUs))
