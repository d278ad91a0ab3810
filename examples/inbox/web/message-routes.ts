import type { Uploads } from '@custodia/sdk'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { showable } from '../mail/html-limits.ts'
import { linksIn } from '../mail/links.ts'
import { plainText } from '../mail/plain-text.ts'
import { safeHtml } from '../mail/safe-html.ts'
import type { Reach } from '../sharing/reach.ts'
import { attachmentsOf } from '../store/attachments.ts'
import { labelsIn } from '../store/labels.ts'
import { listMessages } from '../store/list-messages.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { ownPictures } from '../store/pictures.ts'
import type { Place } from '../store/places.ts'
import { idsOf } from '../store/places.ts'
import type { StoredMessage } from '../store/read-message.ts'
import { markSeen, readBody, readMessage, readRaw } from '../store/read-message.ts'
import { askerOf } from './asker.ts'
import { mailBodyHeaders } from './browser-rules.ts'
import { cursorOf, positionAt } from './cursor.ts'
import { found } from './form.ts'
import { listPage } from './list-page.ts'
import { mailDocument } from './mail-document.ts'
import { messagePage } from './message-page.ts'
import { may, sendPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { sourcePage } from './source-page.ts'

/** A parameter that is given twice arrives as a list, which is as good as none. */
type Given = string | string[] | undefined
type List = { Querystring: { place?: Given; label?: Given; q?: Given; after?: Given } }
type OneMessage = { Params: { id: string }; Querystring: { view?: Given } }

const mayRead = { config: { permission: 'inbox:read' as const } }
const once = (value: Given) => (typeof value === 'string' ? value : '')

/** What somebody may not see is not there: it is looked for among what they may, and nowhere else. */
export function messageRoutes(
  app: FastifyInstance,
  { mailbox, reach, uploads }: { readonly mailbox: Mailbox; readonly reach: Reach; readonly uploads: Uploads },
): void {
  type Asked = FastifyRequest<{ Params: { id: string } }>
  async function messageOf(request: Asked, places?: readonly Place[]): Promise<StoredMessage> {
    const { id } = request.params
    const readable = places ?? (await reach.readable(askerOf(request)))
    return found(isId(id) ? await readMessage(mailbox, id, idsOf(readable)) : null)
  }

  app.get<List>('/', mayRead, async (request, reply) => {
    const { query, identity } = request
    const asker = askerOf(request)
    const readable = await reach.readable(asker)
    const place = query.place === undefined ? null : found(readable.find((one) => one.id === query.place))
    const places = place === null ? idsOf(readable) : [place.id]
    const labels = await labelsIn(mailbox, idsOf(readable))
    const label = query.label === undefined ? null : found(labels.find((one) => one.id === query.label))
    const search = once(query.q).slice(0, 200).trim()
    const after = positionAt(once(query.after))
    const filter = { person: identity.userId, places, labelId: label?.id ?? null, search, after }
    const { items, next } = await listMessages(mailbox, filter)
    const shareable =
      place !== null &&
      may(identity, 'inbox:write') &&
      (await reach.allowed(asker, 'inbox:mail:share', [place])).length > 0
    return sendPage(
      reply,
      listPage({
        ...{ identity, labels, label, places: readable, place, shareable, search, items },
        next: next === null ? null : cursorOf(next),
        first: after === null,
        nowMs: mailbox.nowMs(),
      }),
    )
  })

  app.get<OneMessage>('/messages/:id', mayRead, async (request, reply) => {
    const { query, identity } = request
    const asker = askerOf(request)
    const places = await reach.readable(asker)
    const message = await messageOf(request, places)
    const html = await readBody(mailbox, message.id, 'html')
    const framed = html !== null && showable(html) && query.view !== 'text'
    const text = framed ? null : await readBody(mailbox, message.id, 'text')
    markSeen(mailbox, message.id, identity.userId)
    const writable = may(identity, 'inbox:write') ? await reach.allowed(asker, 'inbox:mail:write', places) : []
    return sendPage(
      reply,
      messagePage({
        ...{ message, places, writable, identity },
        files: attachmentsOf(mailbox, message.id),
        text: framed ? null : (text ?? plainText(html ?? '')),
        links: framed ? linksIn(safeHtml(html, new Map())) : [],
        labels: await labelsIn(mailbox, idsOf(places)),
      }),
    )
  })

  app.get<OneMessage>('/messages/:id/body', mayRead, async (request, reply) => {
    const message = await messageOf(request)
    const html = found(await readBody(mailbox, message.id, 'html'))
    if (!showable(html)) throw new Refusal(404)
    const body = safeHtml(html, await ownPictures({ mailbox, uploads }, message, html))
    return reply.headers(mailBodyHeaders).type('text/html; charset=utf-8').send(mailDocument(body))
  })

  app.get<OneMessage>('/messages/:id/source', mayRead, async (request, reply) => {
    const { identity } = request
    const message = await messageOf(request)
    const raw = found(await readRaw(mailbox, message.id))
    const back = `/messages/${message.id}`
    return sendPage(reply, sourcePage({ identity, title: message.subject, raw, back, download: `${back}/raw` }))
  })
}
