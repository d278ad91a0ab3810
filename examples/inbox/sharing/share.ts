import type { Custodia, RelationTuple } from '@custodia/sdk'
import { isCustodiaError } from '@custodia/sdk'
import type { Mailbox } from '../store/mailbox.ts'
import { peopleOf, personAt } from '../store/people.ts'
import type { Place } from '../store/places.ts'
import { dropFolder, makeFolder, resourceOf, settle } from '../store/places.ts'
import type { Reach } from './reach.ts'

export const shareRelations = ['reader', 'editor'] as const
export type ShareRelation = (typeof shareRelations)[number]
export const shareKinds = ['user', 'group', 'role'] as const
export type ShareKind = (typeof shareKinds)[number]

/** With whom a place is shared, in words. */
export type Share = {
  readonly relation: string
  readonly kind: string
  readonly id: string
  readonly name: string
  /** RFC 3339; null where it has no end. */
  readonly until: string | null
}

/** Why something was not shared or taken back, in words for whoever tried. */
export type Refused = { readonly refused: string }

export type Sharing = {
  sharesOf(place: Place): Promise<Share[]>
  /** @param assertion the header of the request that asks: Custodia holds the change against the rights of that person. */
  share(place: Place, wish: Wish, assertion: Assertion): Promise<Refused | null>
  takeBack(place: Place, share: Pick<Share, 'relation' | 'kind' | 'id'>, assertion: Assertion): Promise<Refused | null>
  /** @returns the folder's id; null where the mailbox has as many as it may. */
  addFolder(mailboxId: string, name: string): Promise<string | null>
}

export type Assertion = string | readonly string[] | undefined
export type Wish = {
  readonly relation: ShareRelation
  readonly kind: ShareKind
  /** A person's e-mail address, a group's identifier, a role's name. */
  readonly who: string
  readonly untilMs: number | null
}

/** What Custodia takes as the id of a subject: `#` divides it from a relation. */
export const subjectId = /^[\x21\x22\x24-\x7e]{1,200}$/

/** Custodia's codes that somebody who shares can do something about. */
const refusals: Readonly<Record<string, string>> = {
  ACCESS_RELATION_NOT_YOURS_TO_GIVE: 'This is not yours to share. Ask whoever owns the mailbox.',
  ACCESS_RELATION_OUTLIVES_YOURS: 'You have this for a time only yourself. Choose an end that is before yours.',
  ACCESS_ON_BEHALF_REFUSED: 'Nothing proves any more that it is you who asks. Sign in again, and repeat it.',
  ACCESS_RELATION_MALFORMED: 'Custodia does not take this. See that the name is complete and the end is in the future.',
  ACCESS_RELATION_SUBJECT_REFUSED: 'Mailboxes are not shared with this kind.',
  ACCESS_RELATIONS_TOO_WIDE: 'This is shared with as many as it can be. Take back a share first.',
}

export function createSharing(parts: {
  readonly access: Custodia['access']
  readonly mailbox: Mailbox
  readonly reach: Reach
}): Sharing {
  const { access, mailbox, reach } = parts

  async function change(what: Parameters<typeof access.writeRelations>[0], onBehalfOf: Assertion) {
    try {
      reach.changed((await access.writeRelations(what, { onBehalfOf })).token)
      return null
    } catch (error) {
      const problem = isCustodiaError(error, 'CUSTODIA_REFUSED') ? String(error.details.problem) : ''
      const refused = Object.hasOwn(refusals, problem) ? refusals[problem] : undefined
      if (refused === undefined) throw error
      return { refused }
    }
  }

  return {
    async sharesOf(place) {
      const tuples = (await Array.fromAsync(access.listRelations(resourceOf(place)))).filter(isShare)
      const ids = tuples.filter(({ subject }) => subject.type === 'user').map(({ subject }) => subject.id)
      const people = await peopleOf(mailbox, ids)
      return tuples.map(({ relation, subject: { type, id }, expiresAt }) => {
        const person = type === 'user' ? people.get(id) : undefined
        const name = person === undefined ? id : `${person.name} (${person.email})`
        return { relation, kind: type, id, name, until: expiresAt ?? null }
      })
    },
    async share(place, { relation, kind, who, untilMs }, assertion) {
      const id = kind === 'user' ? await personAt(mailbox, who) : who
      if (id === null)
        return { refused: 'Nobody with this address has opened Inbox yet. Once they have, you can share with them.' }
      if (!subjectId.test(id)) return { refused: 'This is no identifier of a group and no name of a role.' }
      if (untilMs !== null && untilMs <= mailbox.nowMs()) return { refused: 'The end is not in the future.' }
      const expires = untilMs === null ? {} : { expiresAt: new Date(untilMs).toISOString() }
      const subject = { type: kind, id }
      return await change({ add: [{ resource: resourceOf(place), relation, subject, ...expires }] }, assertion)
    },
    takeBack: (place, { relation, kind, id }, assertion) =>
      change({ remove: [{ resource: resourceOf(place), relation, subject: { type: kind, id } }] }, assertion),
    async addFolder(mailboxId, name) {
      const id = await makeFolder(mailbox, mailboxId, name)
      if (id === null) return null
      const parent = { type: 'inbox:mailbox', id: mailboxId }
      try {
        // Where a folder is, is ours to say: that somebody may make one there was asked before.
        const add = [{ resource: { type: 'inbox:folder', id }, relation: 'parent', subject: parent }]
        reach.changed((await access.writeRelations({ add })).token)
      } catch (error) {
        dropFolder(mailbox, id)
        throw error
      }
      settle(mailbox, id)
      return id
    },
  }
}

/** Where a folder is, is no share of it. */
const isShare = ({ relation }: RelationTuple) => relation !== 'parent'
