const units = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'long' })
const duration = (unit: 'second' | 'minute' | 'hour', value: number) =>
  new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(value)

/** How long ago, or until when, in words. @example 'now', '3 minutes ago', 'yesterday', 'in 12 hours' */
export function relativeTime(instant: string, nowMs: number): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000
  if (Number.isNaN(seconds)) return instant
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  }
  return relative.format(0, 'second')
}

/** The instant to the second, with its zone. What is no instant is shown as it is. */
export function exactTime(instant: string): string {
  const time = Date.parse(instant)
  return Number.isNaN(time) ? instant : exact.format(time)
}

/** A wait, rounded up so that who waits as long is never early. @example '40 seconds', '3 minutes', '2 hours' */
export function waitingTime(seconds: number): string {
  if (seconds < 60) return duration('second', Math.max(1, Math.ceil(seconds)))
  if (seconds < 3600) return duration('minute', Math.ceil(seconds / 60))
  return duration('hour', Math.ceil(seconds / 3600))
}
