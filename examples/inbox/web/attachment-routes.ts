import type { Uploads } from '@custodia/sdk'
import { isCustodiaError } from '@custodia/sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { heldBack } from '../attachments/words.ts'
import { contentDisposition, safeFileName } from '../mail/file-name.ts'
import type { Reach } from '../sharing/reach.ts'
import type { AttachmentRow } from '../store/attachments.ts'
import { attachmentsOf, changeAttachment, removeMessage } from '../store/attachments.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { readPicture } from '../store/pictures.ts'
import { idsOf } from '../store/places.ts'
import type { StoredMessage } from '../store/read-message.ts'
import { readMessage, readRaw } from '../store/read-message.ts'
import { askerOf } from './asker.ts'
import { downloadHeaders } from './browser-rules.ts'
import { found } from './form.ts'
import { writablePlace } from './message-place.ts'
import { Refusal } from './refusal.ts'

type One = { Params: { id: string } }
type OneAttachment = { Params: { id: string; number: string } }

const mayRead = { config: { permission: 'inbox:read' as const } }
const mayWrite = { config: { permission: 'inbox:write' as const } }

/** What leaves Inbox as a file, and messages that go with all they have. Who may see the message may load what it brings; nobody else can. */
export function attachmentRoutes(
  app: FastifyInstance,
  { mailbox, reach, uploads }: { readonly mailbox: Mailbox; readonly reach: Reach; readonly uploads: Uploads },
): void {
  async function messageOf(request: FastifyRequest<{ Params: { id: string } }>): Promise<StoredMessage> {
    const { id } = request.params
    const places = idsOf(await reach.readable(askerOf(request)))
    return found(isId(id) ? await readMessage(mailbox, id, places) : null)
  }

  async function attachmentOf(request: FastifyRequest<OneAttachment>) {
    const message = await messageOf(request)
    const { number: given } = request.params
    const number = found(/^\d{1,3}$/.test(given) && String(Number(given)) === given ? Number(given) : null)
    const entry = found(message.attachments[number])
    const row = attachmentsOf(mailbox, message.id).find((one) => one.number === number)
    return { entry, row }
  }

  /** To the host that has nothing but files, by a link that is made for whoever asks, now. */
  app.get<OneAttachment>('/messages/:id/attachments/:number', mayRead, async (request, reply) => {
    const { row } = await attachmentOf(request)
    if (heldBack(row) !== null) throw new Refusal(409, 'attachment')
    const { uploadId } = row as AttachmentRow
    try {
      const { url } = await uploads.link(found(uploadId))
      return reply.redirect(url, 303)
    } catch (error) {
      throw linkRefused(row as AttachmentRow, error)
    }
  })

  app.get<OneAttachment>('/messages/:id/attachments/:number/preview', mayRead, async (request, reply) => {
    const { entry, row } = await attachmentOf(request)
    const { type, bytes } = found(await readPicture(uploads, entry, row))
    return reply.headers({ ...downloadHeaders, 'content-type': type }).send(bytes)
  })

  /** Whatever an attachment holds stands in the original, too. */
  app.get<One>('/messages/:id/raw', mayRead, async (request, reply) => {
    const { id, subject, attachments } = await messageOf(request)
    const rows = new Map(attachmentsOf(mailbox, id).map((row) => [row.number, row]))
    for (const number of attachments.keys()) if (heldBack(rows.get(number)) !== null) throw new Refusal(409, 'original')
    const raw = found(await readRaw(mailbox, id))
    const name = contentDisposition(safeFileName(`${subject.slice(0, 80).replace(/[/\\]/g, ' ')}.eml`))
    return reply.headers({ ...downloadHeaders, 'content-disposition': name }).send(raw)
  })

  app.post<One>('/messages/:id/remove', mayWrite, async (request, reply) => {
    const { id } = request.params
    const place = await writablePlace(mailbox, reach, askerOf(request), id)
    found(removeMessage(mailbox, id, place.id) ? place : null)
    return reply.redirect('/', 303)
  })

  function linkRefused(row: AttachmentRow, error: unknown): unknown {
    const problem = isCustodiaError(error, 'CUSTODIA_REFUSED') ? error.details.problem : null
    if (problem === 'UPLOAD_LINKS_OFF') return new Refusal(409, 'no-host')
    if (problem !== 'UPLOAD_UNKNOWN') return error
    changeAttachment(mailbox, row, { state: 'gone', dueMs: null })
    return new Refusal(404)
  }
}
