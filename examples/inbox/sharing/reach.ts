import type { AccessAsker, Custodia, Identity } from '@custodia/sdk'
import type { Mailbox } from '../store/mailbox.ts'
import { keepPerson } from '../store/people.ts'
import type { Place } from '../store/places.ts'
import { foldersIn, keepMailbox, placesOf, resourceOf, settle } from '../store/places.ts'

/** On a mailbox or a folder: what a relation to it gives, and no role of ours. */
export type MailPermission = 'inbox:mail:read' | 'inbox:mail:write' | 'inbox:mail:share'

/** Whose request is answered. */
export type Asker = {
  readonly identity: Identity
  /** As the gateway says it, for shares that hold in some networks only. */
  readonly address: string | null
}

/** Of one person. Five calls check them all. */
const maxPlaces = 500
const maxRemembered = 1_000
/** What others than this program share with somebody is there so much later at the latest. What is taken is gone at once. */
const rememberedMs = 60_000

export type Reach = {
  /** The mailboxes and folders that somebody may read now: asked of Custodia for each request, in a few calls however much mail there is. */
  readable(asker: Asker): Promise<readonly Place[]>
  /** Those of them with which somebody may do this now. */
  allowed(asker: Asker, permission: MailPermission, places: readonly Place[]): Promise<readonly Place[]>
  /** To be called with the token of every change of relations: what is asked from then on is as fresh as that. */
  changed(token: string): void
}

export function createReach(parts: { readonly access: Custodia['access']; readonly mailbox: Mailbox }): Reach {
  const { access, mailbox } = parts
  const named = new Map<string, { readonly ids: readonly string[]; readonly atMs: number }>()
  const known = new Map<string, string>()
  let token = ''
  let generation = 0

  const asking = ({ identity, address }: Asker, permission: MailPermission): AccessAsker => ({
    ...{ subject: identity, permission },
    ...(address === null ? {} : { address }),
    ...(token === '' ? {} : { atLeast: token }),
  })

  function changed(newToken: string): void {
    token = newToken
    generation += 1
    named.clear()
  }

  /** A person who comes for the first time gets a mailbox, which is theirs. */
  async function arrive({ userId, name, email }: Identity): Promise<void> {
    // A service account has no address, and no mailbox of its own.
    if (!email) return
    const who = `${name} ${email}`
    if (known.get(userId) === who) return
    if (!(await keepMailbox(mailbox, userId, name))) {
      const resource = { type: 'inbox:mailbox', id: userId }
      const owner = { resource, relation: 'owner', subject: { type: 'user', id: userId } }
      changed((await access.writeRelations({ add: [owner] })).token)
      settle(mailbox, userId)
    }
    await keepPerson(mailbox, { id: userId, name, email })
    if (known.size >= maxRemembered) known.clear()
    known.set(userId, who)
  }

  async function listed(asker: Asker, type: string): Promise<string[]> {
    const ids: string[] = []
    for await (const id of access.listResources({ ...asking(asker, 'inbox:mail:read'), type }))
      if (ids.push(id) === maxPlaces) break
    return ids
  }

  /** What relations name to somebody. A list is dear, so that it is remembered for a while: what it names is checked every time. */
  async function namedTo(asker: Asker): Promise<readonly string[]> {
    const whose = circumstancesOf(asker)
    const before = named.get(whose)
    const nowMs = mailbox.nowMs()
    if (before !== undefined && nowMs - before.atMs < rememberedMs) return before.ids
    const began = generation
    try {
      const [mailboxes, folders] = await Promise.all([listed(asker, 'inbox:mailbox'), listed(asker, 'inbox:folder')])
      const ids = [...mailboxes, ...folders]
      if (named.size >= maxRemembered) named.clear()
      if (began === generation) named.set(whose, { ids, atMs: nowMs })
      return ids
    } catch (error) {
      if (before === undefined) throw error
      return before.ids
    }
  }

  async function allowed(asker: Asker, permission: MailPermission, places: readonly Place[]) {
    const question = (place: Place) => ({ ...asking(asker, permission), resource: resourceOf(place) })
    return await access.filter(places, question, { onFailure: 'throw' })
  }

  return {
    changed,
    allowed,
    async readable(asker) {
      await arrive(asker.identity)
      const ids = await namedTo(asker)
      const all = new Set([...ids, ...foldersIn(mailbox, ids)])
      const places = await placesOf(mailbox, [...all])
      return await allowed(asker, 'inbox:mail:read', places.slice(0, maxPlaces))
    },
  }
}

/** A key may less than its owner, and a share may hold from some places or with some factors only: each has a list of its own. */
const circumstancesOf = ({ identity: { userId, keyId, scopes, factors }, address }: Asker) =>
  JSON.stringify([userId, keyId, scopes, factors, address])
