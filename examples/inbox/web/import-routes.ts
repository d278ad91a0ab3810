import type { FastifyInstance, FastifyRequest } from 'fastify'
import { contentDisposition, safeFileName } from '../mail/file-name.ts'
import type { Reach } from '../sharing/reach.ts'
import { recentImports } from '../store/imports.ts'
import { labelsIn } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { idsOf } from '../store/places.ts'
import { isIn, malformedMessages, readRaw } from '../store/read-message.ts'
import { askerOf } from './asker.ts'
import { downloadHeaders } from './browser-rules.ts'
import { found } from './form.ts'
import { importPage } from './import-page.ts'
import { may, sendPage } from './page.ts'
import { sourcePage } from './source-page.ts'

type OneMessage = { Params: { id: string } }

const mayImport = { config: { permission: 'inbox:import' as const } }

/** Of the mailboxes that somebody may read: what could not be listed is theirs, too. */
export function importRoutes(app: FastifyInstance, mailbox: Mailbox, reach: Reach): void {
  async function rawOf(request: FastifyRequest<OneMessage>): Promise<Buffer> {
    const { id } = request.params
    const places = await reach.readable(askerOf(request))
    return found(isId(id) && isIn(mailbox, id, idsOf(places)) ? await readRaw(mailbox, id) : null)
  }

  app.get('/imports', mayImport, async (request, reply) => {
    const { identity } = request
    const readable = await reach.readable(askerOf(request))
    const ids = idsOf(readable)
    const runs = recentImports(mailbox, ids)
    const malformed = await malformedMessages(mailbox, ids)
    const reads = may(identity, 'inbox:read')
    const labels = reads ? await labelsIn(mailbox, ids) : []
    const places = reads ? readable : []
    return sendPage(reply, importPage({ identity, labels, places, runs, malformed, nowMs: mailbox.nowMs() }))
  })

  app.get<OneMessage>('/imports/messages/:id', mayImport, async (request, reply) => {
    const { identity, params } = request
    const raw = await rawOf(request)
    const download = `/imports/messages/${params.id}/raw`
    return sendPage(
      reply,
      sourcePage({ identity, title: 'A message that could not be read', raw, back: '/imports', download }),
    )
  })

  app.get<OneMessage>('/imports/messages/:id/raw', mayImport, async (request, reply) => {
    const raw = await rawOf(request)
    const name = contentDisposition(safeFileName('message.eml'))
    return reply.headers({ ...downloadHeaders, 'content-disposition': name }).send(raw)
  })
}
