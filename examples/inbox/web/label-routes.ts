import type { FastifyInstance } from 'fastify'
import { addLabel, labelName, labelNamed, removeLabel } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { Refusal } from './refusal.ts'

type OneMessage = { Params: { id: string }; Body: unknown }

const mayWrite = { config: { permission: 'inbox:write' as const } }

/** A field that stands in the form exactly once. */
function fieldOf(body: unknown, name: string): string {
  const values = body instanceof URLSearchParams ? body.getAll(name) : []
  if (values.length !== 1) throw new Refusal(400)
  return values[0] as string
}

export function labelRoutes(app: FastifyInstance, mailbox: Mailbox): void {
  app.post<OneMessage>('/messages/:id/labels', mayWrite, async ({ params, body }, reply) => {
    const name = labelName(fieldOf(body, 'name'))
    if (name === null) throw new Refusal(400)
    const known = mailbox.database.prepare('SELECT 1 FROM message WHERE id = ? AND problem IS NULL').get(params.id)
    if (known === undefined) throw new Refusal(404)
    const labelId = await labelNamed(mailbox, name)
    if (labelId === null) throw new Refusal(409)
    addLabel(mailbox, params.id, labelId)
    return reply.redirect(`/messages/${params.id}`, 303)
  })

  app.post<OneMessage>('/messages/:id/labels/remove', mayWrite, (request, reply) => {
    const { id } = request.params
    const labelId = fieldOf(request.body, 'label')
    if (!isId(id) || !isId(labelId)) throw new Refusal(404)
    removeLabel(mailbox, id, labelId)
    return reply.redirect(`/messages/${id}`, 303)
  })
}
