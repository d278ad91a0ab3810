import type { Markup } from './html.ts'
import { html } from './html.ts'

const units = ['B', 'kB', 'MB', 'GB'] as const

/** As in `12 kB`. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

const formats = {
  clock: new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }),
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  year: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }),
  full: new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' }),
}

/** A time in UTC, the shorter the nearer. The page's script puts it into the reader's own time. */
export function shortTime(ms: number, nowMs: number): Markup {
  const date = new Date(ms)
  const now = new Date(nowMs)
  const sameYear = date.getUTCFullYear() === now.getUTCFullYear()
  const sameDay = sameYear && formats.day.format(date) === formats.day.format(now)
  const text = (sameDay ? formats.clock : sameYear ? formats.day : formats.year).format(date)
  return html`<time datetime="${date.toISOString()}" data-form="short">${text}</time>`
}

export function fullTime(ms: number): Markup {
  const date = new Date(ms)
  return html`<time datetime="${date.toISOString()}" data-form="full">${formats.full.format(date)} UTC</time>`
}
