import type { FastifyInstance } from 'fastify'
import type { Reach } from '../sharing/reach.ts'
import { addLabel, labelName, labelNamed, removeLabel } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { isId } from '../store/mailbox.ts'
import { askerOf } from './asker.ts'
import { fieldOf } from './form.ts'
import { writablePlace } from './message-place.ts'
import { Refusal } from './refusal.ts'

type OneMessage = { Params: { id: string }; Body: unknown }

const mayWrite = { config: { permission: 'inbox:write' as const } }

export function labelRoutes(app: FastifyInstance, mailbox: Mailbox, reach: Reach): void {
  app.post<OneMessage>('/messages/:id/labels', mayWrite, async (request, reply) => {
    const { params, body } = request
    const name = labelName(fieldOf(body, 'name'))
    if (name === null) throw new Refusal(400)
    await writablePlace(mailbox, reach, askerOf(request), params.id)
    const labelId = await labelNamed(mailbox, name)
    if (labelId === null) throw new Refusal(409)
    addLabel(mailbox, params.id, labelId)
    return reply.redirect(`/messages/${params.id}`, 303)
  })

  app.post<OneMessage>('/messages/:id/labels/remove', mayWrite, async (request, reply) => {
    const { id } = request.params
    const labelId = fieldOf(request.body, 'label')
    if (!isId(labelId)) throw new Refusal(404)
    await writablePlace(mailbox, reach, askerOf(request), id)
    removeLabel(mailbox, id, labelId)
    return reply.redirect(`/messages/${id}`, 303)
  })
}
