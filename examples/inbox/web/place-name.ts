import type { Identity } from '@custodia/sdk'
import type { Place } from '../store/places.ts'
import { teamPlace } from '../store/places.ts'

export function placeName({ id, mailboxId, name }: Place, { userId }: Identity): string {
  if (mailboxId !== null) return name
  if (id === teamPlace) return 'Team mailbox'
  return id === userId ? 'Your mailbox' : `Mailbox of ${name}`
}

/** Each mailbox with its folders below it; folders of mailboxes that one may not see, at the end. */
export function inOrder(places: readonly Place[]): Place[] {
  const mailboxes = places.filter(({ mailboxId }) => mailboxId === null)
  const within = (id: string) => places.filter(({ mailboxId }) => mailboxId === id)
  const known = new Set(mailboxes.map(({ id }) => id))
  const alone = places.filter(({ mailboxId }) => mailboxId !== null && !known.has(mailboxId))
  return [...mailboxes.flatMap((one) => [one, ...within(one.id)]), ...alone]
}
