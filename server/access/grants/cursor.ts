/** A place in a list that is ordered by time. */
export type Moment = { readonly at: Date; readonly id: string }

/** Where the next page begins, from values without spaces. */
export const writeCursor = (...values: readonly string[]): string => Buffer.from(values.join(' ')).toString('base64url')

export const writeMoment = ({ at, id }: Moment): string => writeCursor(String(at.getTime()), id)

/** One that is not ours begins at the first page: it names a place, and gives no right to anything. */
export function readCursor(cursor: string | undefined, values: number): readonly string[] | null {
  if (cursor === undefined) return null
  const read = Buffer.from(cursor, 'base64url').toString().split(' ')
  return read.length === values && read.every((value) => /^[a-z0-9_-]{1,60}$/.test(value)) ? read : null
}

export function readMoment(cursor: string | undefined): Moment | null {
  const [at = '', id = ''] = readCursor(cursor, 2) ?? []
  return /^\d{1,15}$/.test(at) ? { at: new Date(Number(at)), id } : null
}

/** One row more than the page was read: it is there where another page follows. */
export function pageOf<Row>(rows: readonly Row[], limit: number, cursorOf: (last: Row) => string) {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}
