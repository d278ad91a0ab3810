import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import type { Condition, Page, RelationChange, Relations, ResourceId, ShareSearch, Subject, Tuple } from './api.ts'
import type { ListServices } from './list-resources.ts'
import { checkLimit } from './list-resources.ts'
import { readShares } from './store.ts'

type Share = {
  readonly organisationId: string
  readonly by: RelationChange['by']
  readonly actor: Actor
  readonly resource: ResourceId
  readonly relation: string
  /** 1 to 100. */
  readonly with: readonly Subject[]
}

/** Shares one resource with several. @throws as `Relations.write` */
export async function share(
  relations: Relations,
  tx: Queries,
  { organisationId, by, actor, ...what }: Share & { readonly condition?: Condition; readonly expiresMs?: number },
): Promise<number> {
  const { resource, relation, condition, expiresMs } = what
  const terms = { ...(condition === undefined ? {} : { condition }), ...(expiresMs === undefined ? {} : { expiresMs }) }
  const add = what.with.map((subject): Tuple => ({ resource, relation, subject, ...terms }))
  return await relations.write(tx, { organisationId, by, actor, add })
}

/** Takes it back. @throws as `Relations.write` */
export async function unshare(relations: Relations, tx: Queries, change: Share): Promise<number> {
  const { organisationId, by, actor, resource, relation } = change
  const remove = change.with.map((subject) => ({ resource, relation, subject }))
  return await relations.write(tx, { organisationId, by, actor, remove })
}

/** See `Relations.listShares`. */
export async function listShares(
  { cursors }: Pick<ListServices, 'cursors'>,
  queries: Queries,
  search: ShareSearch,
): Promise<Page<Tuple>> {
  const { organisationId, resource, nowMs, cursor } = search
  const limit = checkLimit(search.limit)
  const question = ['shares', resource]
  const after =
    cursor === undefined ? null : (JSON.parse(await cursors.open(organisationId, question, cursor)) as string[])
  const found = await readShares(queries, organisationId, resource, after, limit + 1, nowMs)
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  if (last === undefined) return { items, next: null }
  const { relation, subject } = last
  const place = JSON.stringify([relation, subject.type, subject.id, subject.relation ?? ''])
  return { items, next: await cursors.seal(organisationId, question, place) }
}
