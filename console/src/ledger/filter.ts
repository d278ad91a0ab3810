import type { LedgerFilter } from '../api/queries.ts'

/** The filters as they stand in the address: days are of the reader's own calendar. */
export type AddressFilter = {
  type?: string
  actor?: string
  subject?: string
  since?: string
  until?: string
  /** `yes` opens the personal fields, which is recorded as such. */
  personal?: string
}

export const filterNames = ['type', 'actor', 'subject', 'since', 'until', 'personal'] as const

/** The filters as the API takes them: instants. A day that is none is left out. */
export function askedOf(filter: AddressFilter): LedgerFilter {
  const asked: LedgerFilter = {}
  for (const name of ['type', 'actor', 'subject'] as const) {
    if (filter[name] !== undefined) asked[name] = filter[name]
  }
  const since = startOf(filter.since, 0)
  // The API leaves out its `until`: the day that is asked for ends where the next begins.
  const until = startOf(filter.until, 1)
  if (since !== null) asked.since = since
  if (until !== null) asked.until = until
  if (filter.personal === 'yes') asked.personal = true
  return asked
}

/** The first instant of a day, or of one that many days later. @returns null where the text is no day. */
function startOf(day: string | undefined, later: number): string | null {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '') ?? []
  if (year === undefined || Number.isNaN(Date.parse(`${day}T00:00:00`))) return null
  // By parts the calendar is the reader's own, and the length of its days with it.
  return new Date(Number(year), Number(month) - 1, Number(date) + later).toISOString()
}
