import type { Position } from '../store/list-messages.ts'
import { isId } from '../store/mailbox.ts'

/** A position as it stands in an address. */
export const cursorOf = ({ receivedMs, id }: Position) => `${receivedMs.toString(36)}.${id}`

/** Null where there is none, or where it is not one of ours. */
export function positionAt(cursor: string | undefined): Position | null {
  const [time = '', id] = cursor?.split('.') ?? []
  return /^[0-9a-z]{1,10}$/.test(time) && isId(id) ? { receivedMs: Number.parseInt(time, 36), id } : null
}
