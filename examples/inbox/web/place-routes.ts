import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Reach } from '../sharing/reach.ts'
import type { Sharing } from '../sharing/share.ts'
import { shareKinds, shareRelations, subjectId } from '../sharing/share.ts'
import { labelName } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import type { Place } from '../store/places.ts'
import { moveMessage } from '../store/places.ts'
import { askerOf } from './asker.ts'
import { fieldOf, found } from './form.ts'
import { writablePlace } from './message-place.ts'
import { sendPage } from './page.ts'
import { Refusal } from './refusal.ts'
import { sharePage } from './share-page.ts'

type SharePage = Parameters<typeof sharePage>[0]

type One = { Params: { id: string }; Body: unknown }

/** What proves to Custodia who asks. */
const assertionHeader = 'custodia-assertion'
const mayWrite = { config: { permission: 'inbox:write' as const } }

/** Folders, moving, and sharing. What somebody may not see is not there; what they may see and not share is refused. */
export function placeRoutes(app: FastifyInstance, mailbox: Mailbox, reach: Reach, sharing: Sharing): void {
  async function shareable(request: FastifyRequest<One>): Promise<Place> {
    const asker = askerOf(request)
    const place = found((await reach.readable(asker)).find(({ id }) => id === request.params.id))
    if ((await reach.allowed(asker, 'inbox:mail:share', [place])).length === 0) throw new Refusal(403)
    return place
  }

  /** The page that says with whom, and why something was not done. */
  async function answer(
    request: FastifyRequest<One>,
    reply: FastifyReply,
    place: Place,
    { refused, wish = null }: { refused: string | null; wish?: SharePage['wish'] },
  ) {
    const shares = await sharing.sharesOf(place)
    const view = { identity: request.identity, place, shares, refused, wish }
    return sendPage(refused === null ? reply : reply.code(422), sharePage(view))
  }

  app.get<One>('/places/:id', mayWrite, async (request, reply) =>
    answer(request, reply, await shareable(request), { refused: null }),
  )

  app.post<One>('/places/:id/shares', mayWrite, async (request, reply) => {
    const { body, headers } = request
    const place = await shareable(request)
    const wish = {
      relation: oneOf(shareRelations, fieldOf(body, 'relation')),
      kind: oneOf(shareKinds, fieldOf(body, 'kind')),
      who: fieldOf(body, 'who').trim().slice(0, 320),
      until: fieldOf(body, 'until'),
    }
    const asked = { ...wish, untilMs: timeIn(wish.until) }
    const refused = await sharing.share(place, asked, headers[assertionHeader])
    if (refused !== null) return await answer(request, reply, place, { ...refused, wish })
    return reply.redirect(`/places/${place.id}`, 303)
  })

  app.post<One>('/places/:id/shares/remove', mayWrite, async (request, reply) => {
    const { body, headers } = request
    const place = await shareable(request)
    const share = {
      relation: oneOf(shareRelations, fieldOf(body, 'relation')),
      kind: oneOf(shareKinds, fieldOf(body, 'kind')),
      id: fieldOf(body, 'id'),
    }
    // Nobody else can have it.
    if (!subjectId.test(share.id)) throw new Refusal(400)
    const refused = await sharing.takeBack(place, share, headers[assertionHeader])
    if (refused !== null) return await answer(request, reply, place, refused)
    return reply.redirect(`/places/${place.id}`, 303)
  })

  app.post<One>('/places/:id/folders', mayWrite, async (request, reply) => {
    const name = labelName(fieldOf(request.body, 'name'))
    const place = await shareable(request)
    if (name === null || place.mailboxId !== null) throw new Refusal(400)
    const id = await sharing.addFolder(place.id, name)
    if (id === null) throw new Refusal(409)
    return reply.redirect(`/?place=${id}`, 303)
  })

  app.post<One>('/messages/:id/place', mayWrite, async (request, reply) => {
    const { params, body } = request
    const asker = askerOf(request)
    const from = await writablePlace(mailbox, reach, asker, params.id)
    const wanted = fieldOf(body, 'place')
    const to = found((await reach.readable(asker)).find(({ id }) => id === wanted))
    if ((await reach.allowed(asker, 'inbox:mail:write', [to])).length === 0) throw new Refusal(403)
    found(moveMessage(mailbox, params.id, from.id, to.id) ? to : null)
    return reply.redirect(`/messages/${params.id}`, 303)
  })
}

/** @throws Refusal 400 */
function oneOf<Name extends string>(names: readonly Name[], given: string): Name {
  const name = names.find((one) => one === given)
  if (name === undefined) throw new Refusal(400)
  return name
}

/** What a field of type `datetime-local` holds, in UTC. Null where it is empty. @throws Refusal 400 */
function timeIn(text: string): number | null {
  if (text === '') return null
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN
  if (Number.isNaN(ms)) throw new Refusal(400)
  return ms
}
