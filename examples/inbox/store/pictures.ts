import type { Uploads } from '@custodia/sdk'
import { isCustodiaError } from '@custodia/sdk'
import { pictureType } from '../mail/picture-type.ts'
import { referredContentIds } from '../mail/safe-html.ts'
import type { AttachmentRow } from './attachments.ts'
import { attachmentsOf } from './attachments.ts'
import type { Mailbox } from './mailbox.ts'
import type { StoredMessage } from './read-message.ts'
import type { AttachmentEntry } from './sealed-fields.ts'

const maxPictureBytes = 2 * 1024 * 1024
/** Of one page: as they were sent, and as they were made anew, which may be more. */
const maxTotalBytes = 8 * 1024 * 1024
/** Each is a call to Custodia, and a mail may have hundreds. */
const maxPictures = 50
/** Made anew from its pixels, a picture may be larger than what was sent. */
export const maxShownBytes = 8 * 1024 * 1024

export type Picture = { readonly type: string; readonly bytes: Buffer }

/** What is shown on a page is a picture that Custodia made anew from its pixels, and nothing that was sent. */
export const mayPreview = ({ size }: Pick<AttachmentEntry, 'size'>, { state, picture }: AttachmentRow): boolean =>
  state === 'there' && picture && size <= maxPictureBytes

/** @returns null where it is none that is shown, or is not there any more. */
export async function readPicture(
  uploads: Uploads,
  entry: Pick<AttachmentEntry, 'size'> | undefined,
  row: AttachmentRow | undefined,
): Promise<Picture | null> {
  if (entry === undefined || row?.uploadId == null || !mayPreview(entry, row)) return null
  const bytes = await uploads.content(row.uploadId).catch((error) => {
    if (isCustodiaError(error, 'CUSTODIA_REFUSED')) return null
    throw error
  })
  const type = bytes === null || bytes.length > maxShownBytes ? null : pictureType(bytes)
  return bytes === null || type === null ? null : { type, bytes }
}

/** The pictures that a message's HTML refers to by content id and brings along, as `data:` addresses: the first ones, where there are many. */
export async function ownPictures(
  { mailbox, uploads }: { readonly mailbox: Mailbox; readonly uploads: Uploads },
  { id, attachments }: StoredMessage,
  html: string,
): Promise<Map<string, string>> {
  const pictures = new Map<string, string>()
  const referred = referredContentIds(html)
  const rows = attachmentsOf(mailbox, id)
  let sent = 0
  let made = 0
  let asked = 0
  for (const [number, entry] of attachments.entries()) {
    const { contentId, size } = entry
    if (contentId === null || !referred.has(contentId) || pictures.has(contentId)) continue
    const row = rows.find((one) => one.number === number)
    if (row === undefined || !mayPreview(entry, row)) continue
    sent += size
    asked += 1
    if (sent > maxTotalBytes || made > maxTotalBytes || asked > maxPictures) break
    const picture = await readPicture(uploads, entry, row)
    if (picture === null) continue
    made += picture.bytes.length
    pictures.set(contentId, `data:${picture.type};base64,${picture.bytes.toString('base64')}`)
  }
  return pictures
}
