import type { FastifyInstance } from 'fastify'
import { contentDisposition, safeFileName } from '../mail/file-name.ts'
import { recentImports } from '../store/imports.ts'
import { allLabels } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { malformedMessages, readRaw } from '../store/read-message.ts'
import { downloadHeaders } from './browser-rules.ts'
import { importPage } from './import-page.ts'
import { may, sendPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { sourcePage } from './source-page.ts'

type OneMessage = { Params: { id: string } }

const mayImport = { config: { permission: 'inbox:import' as const } }

export function importRoutes(app: FastifyInstance, mailbox: Mailbox): void {
  async function rawOf(id: string): Promise<Buffer> {
    const raw = isId(id) ? await readRaw(mailbox, id) : null
    if (raw === null) throw new Refusal(404)
    return raw
  }

  app.get('/imports', mayImport, async ({ identity }, reply) => {
    const runs = recentImports(mailbox)
    const malformed = await malformedMessages(mailbox)
    const labels = may(identity, 'inbox:read') ? await allLabels(mailbox) : []
    return sendPage(reply, importPage({ identity, labels, runs, malformed, nowMs: mailbox.nowMs() }))
  })

  app.get<OneMessage>('/imports/messages/:id', mayImport, async ({ identity, params }, reply) => {
    const raw = await rawOf(params.id)
    const download = `/imports/messages/${params.id}/raw`
    return sendPage(
      reply,
      sourcePage({ identity, title: 'A message that could not be read', raw, back: '/imports', download }),
    )
  })

  app.get<OneMessage>('/imports/messages/:id/raw', mayImport, async ({ params }, reply) => {
    const raw = await rawOf(params.id)
    const name = contentDisposition(safeFileName('message.eml'))
    return reply.headers({ ...downloadHeaders, 'content-disposition': name }).send(raw)
  })
}
