import type { Asker, Reach } from '../sharing/reach.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import type { Place } from '../store/places.ts'
import { placeOfMessage } from '../store/places.ts'
import { found } from './form.ts'
import { Refusal } from './refusal.ts'

/**
 * Where a message is that somebody wants to change.
 *
 * @throws Refusal 404 where they may not see it, as where there is none; 403 where they may not change it.
 */
export async function writablePlace(mailbox: Mailbox, reach: Reach, asker: Asker, messageId: string): Promise<Place> {
  const placeId = found(isId(messageId) ? placeOfMessage(mailbox, messageId) : null)
  const place = found((await reach.readable(asker)).find(({ id }) => id === placeId))
  if ((await reach.allowed(asker, 'inbox:mail:write', [place])).length === 0) throw new Refusal(403)
  return place
}
