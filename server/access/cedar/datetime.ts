import type { Long } from './long.ts'
import { add, longOf, subtract } from './long.ts'
import { Datetime, Duration } from './values.ts'

const dayMs = 86_400_000
const dateForm =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2})))?$/

/**
 * Reads `2024-10-15`, `2024-10-15T11:38:02Z`, with `.SSS` before the `Z`, or with `+hhmm` or `-hhmm` in its place (RFC 80 of Cedar).
 *
 * @returns undefined where it is none: no such day, hour 24, second 60, an offset of 24 hours.
 */
export function readDatetime(text: string): Datetime | undefined {
  const match = dateForm.exec(text)
  if (match === null) return undefined
  const part = (at: number) => Number(match[at] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  const [offsetHours, offsetMinutes] = [part(9), part(10)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined
  const date = new Date(0)
  // Not Date.UTC, which takes the years 0 to 99 for those of the twentieth century.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000
  const localMs = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + part(7)
  return new Datetime(match[8] === '-' ? localMs + offsetMs : localMs - offsetMs)
}

const durationForm = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/
const unitsMs = [86_400_000n, 3_600_000n, 60_000n, 1_000n, 1n]

/** Reads `1d2h3m4s5ms`, each part at most once and in this order, perhaps with a minus before them. @returns undefined where it is none. */
export function readDuration(text: string): Duration | undefined {
  const match = durationForm.exec(text)
  if (match === null || text === '' || text === '-') return undefined
  const negative = match[1] === '-'
  let total: bigint = 0n
  for (const [at, unitMs] of unitsMs.entries()) {
    const digits = (match[at + 2] ?? '0').replace(/^0+(?=.)/, '')
    if (digits.length > 20) return undefined
    const part = BigInt(digits) * unitMs
    // All parts have one sign: a part that overflows makes the sum overflow.
    total += negative ? -part : part
  }
  const ms = longOf(total)
  return ms === undefined ? undefined : new Duration(ms)
}

/** @returns undefined on overflow, as the two below. */
export function offset(datetime: Datetime, by: Duration): Datetime | undefined {
  const epochMs = add(datetime.epochMs, by.ms)
  return epochMs === undefined ? undefined : new Datetime(epochMs)
}

export function durationSince(later: Datetime, earlier: Datetime): Duration | undefined {
  const ms = subtract(later.epochMs, earlier.epochMs)
  return ms === undefined ? undefined : new Duration(ms)
}

/** Midnight (UTC) of its day. */
export function toDate(datetime: Datetime): Datetime | undefined {
  const epochMs = subtract(datetime.epochMs, sinceMidnight(datetime.epochMs))
  return epochMs === undefined ? undefined : new Datetime(epochMs)
}

/** What has passed of its day. */
export const toTime = (datetime: Datetime): Duration => new Duration(sinceMidnight(datetime.epochMs))

function sinceMidnight(epochMs: Long): number {
  const rest = typeof epochMs === 'number' ? epochMs % dayMs : Number(epochMs % BigInt(dayMs))
  return rest < 0 ? rest + dayMs : rest + 0
}

/** Whole units in a duration, cut towards zero. */
export function inUnits(duration: Duration, unitMs: number): Long {
  if (typeof duration.ms === 'number') return Math.trunc(duration.ms / unitMs) + 0
  return longOf(duration.ms / BigInt(unitMs)) ?? 0
}
