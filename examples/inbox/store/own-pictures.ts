import { pictureType } from '../mail/picture-type.ts'
import { referredContentIds } from '../mail/safe-html.ts'
import type { Mailbox } from './mailbox.ts'
import type { StoredMessage } from './read-message.ts'
import { readAttachment } from './read-message.ts'

const maxPictureBytes = 2 * 1024 * 1024
const maxTotalBytes = 8 * 1024 * 1024

/** The pictures that a message's HTML refers to by content id and brings along, as `data:` addresses. */
export async function ownPictures(
  mailbox: Mailbox,
  { id, attachments }: StoredMessage,
  html: string,
): Promise<Map<string, string>> {
  const pictures = new Map<string, string>()
  const referred = referredContentIds(html)
  let total = 0
  for (const [number, { contentId, size }] of attachments.entries()) {
    if (contentId === null || !referred.has(contentId) || pictures.has(contentId)) continue
    total += size
    if (size > maxPictureBytes || total > maxTotalBytes) continue
    const bytes = (await readAttachment(mailbox, id, number))?.bytes
    const type = bytes === undefined ? null : pictureType(bytes)
    if (type !== null) pictures.set(contentId, `data:${type};base64,${bytes?.toString('base64')}`)
  }
  return pictures
}
