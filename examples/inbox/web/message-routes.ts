import type { FastifyInstance } from 'fastify'
import { contentDisposition, safeFileName } from '../mail/file-name.ts'
import { showable } from '../mail/html-limits.ts'
import { linksIn } from '../mail/links.ts'
import { plainText } from '../mail/plain-text.ts'
import { safeHtml } from '../mail/safe-html.ts'
import { allLabels } from '../store/labels.ts'
import { listMessages } from '../store/list-messages.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { ownPictures } from '../store/own-pictures.ts'
import { markSeen, readAttachment, readBody, readMessage, readRaw } from '../store/read-message.ts'
import { downloadHeaders, mailBodyHeaders } from './browser-rules.ts'
import { cursorOf, positionAt } from './cursor.ts'
import { listPage } from './list-page.ts'
import { mailDocument } from './mail-document.ts'
import { messagePage } from './message-page.ts'
import { sendPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { sourcePage } from './source-page.ts'

/** A parameter that is given twice arrives as a list, which is as good as none. */
type Given = string | string[] | undefined
type List = { Querystring: { label?: Given; q?: Given; after?: Given } }
type OneMessage = { Params: { id: string }; Querystring: { view?: Given } }
type OneAttachment = { Params: { id: string; number: string } }

const mayRead = { config: { permission: 'inbox:read' as const } }
const once = (value: Given) => (typeof value === 'string' ? value : '')

function found<Thing>(thing: Thing | null | undefined): Thing {
  if (thing === null || thing === undefined) throw new Refusal(404)
  return thing
}

const idOf = ({ id }: { readonly id: string }) => found(isId(id) ? id : null)

export function messageRoutes(app: FastifyInstance, mailbox: Mailbox): void {
  app.get<List>('/', mayRead, async ({ query, identity }, reply) => {
    const labels = await allLabels(mailbox)
    const label = query.label === undefined ? null : found(labels.find((one) => one.id === query.label))
    const search = once(query.q).slice(0, 200).trim()
    const after = positionAt(once(query.after))
    const filter = { person: identity.userId, labelId: label?.id ?? null, search, after }
    const { items, next } = await listMessages(mailbox, filter)
    const cursor = next === null ? null : cursorOf(next)
    return sendPage(
      reply,
      listPage({ identity, labels, label, search, items, next: cursor, first: after === null, nowMs: mailbox.nowMs() }),
    )
  })

  app.get<OneMessage>('/messages/:id', mayRead, async ({ params, query, identity }, reply) => {
    const message = found(await readMessage(mailbox, idOf(params)))
    const html = await readBody(mailbox, message.id, 'html')
    const framed = html !== null && showable(html) && query.view !== 'text'
    const text = framed ? null : await readBody(mailbox, message.id, 'text')
    markSeen(mailbox, message.id, identity.userId)
    return sendPage(
      reply,
      messagePage({
        message,
        text: framed ? null : (text ?? plainText(html ?? '')),
        links: framed ? linksIn(safeHtml(html, new Map())) : [],
        labels: await allLabels(mailbox),
        identity,
      }),
    )
  })

  app.get<OneMessage>('/messages/:id/body', mayRead, async ({ params }, reply) => {
    const message = found(await readMessage(mailbox, idOf(params)))
    const html = found(await readBody(mailbox, message.id, 'html'))
    if (!showable(html)) throw new Refusal(404)
    const body = safeHtml(html, await ownPictures(mailbox, message.id, html))
    return reply.headers(mailBodyHeaders).type('text/html; charset=utf-8').send(mailDocument(body))
  })

  app.get<OneAttachment>('/messages/:id/attachments/:number', mayRead, async ({ params }, reply) => {
    const { id } = found(await readMessage(mailbox, idOf(params)))
    const number = found(/^\d{1,3}$/.test(params.number) ? Number(params.number) : null)
    const { entry, bytes } = found(await readAttachment(mailbox, id, number))
    const name = contentDisposition(safeFileName(entry.name))
    return reply.headers({ ...downloadHeaders, 'content-disposition': name }).send(bytes)
  })

  app.get<OneMessage>('/messages/:id/source', mayRead, async ({ params, identity }, reply) => {
    const message = found(await readMessage(mailbox, idOf(params)))
    const raw = found(await readRaw(mailbox, message.id))
    const back = `/messages/${message.id}`
    return sendPage(reply, sourcePage({ identity, title: message.subject, raw, back, download: `${back}/raw` }))
  })

  app.get<OneMessage>('/messages/:id/raw', mayRead, async ({ params }, reply) => {
    const message = found(await readMessage(mailbox, idOf(params)))
    const raw = found(await readRaw(mailbox, message.id))
    const name = contentDisposition(safeFileName(`${message.subject.slice(0, 80).replace(/[/\\]/g, ' ')}.eml`))
    return reply.headers({ ...downloadHeaders, 'content-disposition': name }).send(raw)
  })
}
