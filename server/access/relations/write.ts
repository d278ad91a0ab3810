import type { Clock } from '../../platform/clock.ts'
import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { lockOrganisation, raiseRevision } from '../revision.ts'
import type { RelationChange, Tuple } from './api.ts'
import { checkPlace, checkTuple } from './check-tuple.ts'
import { Rights } from './may-write.ts'
import type { ResourceTypes } from './model.ts'
import { isResourceType } from './model.ts'
import { addTuples, mostEdges, removeTuples, tupleReader } from './store.ts'
import { maxEdges, readKey } from './tuples.ts'

/** Tuples of one call. */
export const maxChanges = 100

/** UTF-16 units of tuples in one event; an event may have 32,768 bytes. */
const maxEventText = 20_000

export type WriteServices = {
  readonly types: ResourceTypes
  readonly clock: Clock
  readonly recorder: Recorder
  readonly announce: (organisationId: string) => Promise<void>
}

/** See `Relations.write`. */
export async function write(services: WriteServices, tx: Queries, change: RelationChange): Promise<number> {
  const { types, clock } = services
  const { organisationId, add = [], remove = [] } = change
  const nowMs = clock.nowMs()
  refuseMalformed(add, remove)
  const added = add.map((tuple) => ({ tuple, relation: checkTuple(types, tuple, nowMs) }))
  const removed = remove.map((tuple) => ({ tuple, relation: checkPlace(types, tuple) }))
  // What somebody may give is looked at when nobody else can change it any more.
  await lockOrganisation(tx, organisationId)
  const by = typeof change.by === 'function' ? await change.by(tx) : change.by
  if (by !== null) {
    const rights = new Rights({ types, reader: tupleReader(tx) }, organisationId, by)
    for (const { tuple, relation } of removed) await rights.checkRemoval(tuple, relation)
    for (const { tuple, relation } of added) {
      const untilMs = await rights.untilMs(tuple, relation)
      if ((tuple.expiresMs ?? Number.POSITIVE_INFINITY) > untilMs)
        throw refuse('ACCESS_RELATION_OUTLIVES_YOURS', { latest: new Date(untilMs).toISOString() })
    }
  }
  const gone = await removeTuples(tx, organisationId, remove, nowMs)
  const came = await addTuples(tx, organisationId, add, nowMs)
  if (gone.length + came.length === 0) return 0
  if (came.some(({ subject }) => isResourceType(subject.type))) await refuseTooWide(tx, organisationId, came, nowMs)
  await raiseRevision(tx, organisationId)
  await record(services.recorder, tx, change, { added: came.map(textOf), removed: gone.map(textOf) })
  afterCommit(tx, () => services.announce(organisationId))
  return gone.length + came.length
}

type Place = Pick<Tuple, 'resource' | 'relation' | 'subject'>

function refuseMalformed(add: readonly Place[], remove: readonly Place[]): void {
  const all = [...add, ...remove]
  if (all.length === 0 || all.length > maxChanges)
    throw refuse('ACCESS_RELATION_MALFORMED', { fault: `a change has 1 to ${maxChanges} tuples` })
  if (new Set(all.map(textOf)).size < all.length)
    throw refuse('ACCESS_RELATION_MALFORMED', { fault: 'the change names a tuple twice' })
}

async function refuseTooWide(tx: Queries, organisationId: string, added: readonly Tuple[], nowMs: number) {
  const edges = added.filter(({ subject }) => isResourceType(subject.type))
  const places = new Map(
    edges.map(({ resource: { type, id }, relation }) => [readKey(type, id, relation), { type, id, relation }]),
  )
  const most = await mostEdges(tx, organisationId, [...places.values()], nowMs)
  if (most > maxEdges) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { most: maxEdges })
}

/** One event, or several where the tuples' names are long. */
async function record(
  recorder: Recorder,
  tx: Queries,
  { organisationId, actor, through }: RelationChange,
  changed: { readonly added: readonly string[]; readonly removed: readonly string[] },
): Promise<void> {
  const names = [
    ...changed.removed.map((name) => ({ name, to: 'removed' as const })),
    ...changed.added.map((name) => ({ name, to: 'added' as const })),
  ]
  let data: { added: string[]; removed: string[] } = { added: [], removed: [] }
  let length = 0
  const asked = through === undefined ? {} : { through }
  const send = () =>
    recorder.record(tx, event('relations.changed', { organisationId, actor, data: { ...data, ...asked } }))
  for (const { name, to } of names) {
    if (length + name.length > maxEventText) {
      await send()
      data = { added: [], removed: [] }
      length = 0
    }
    data[to].push(name)
    length += name.length
  }
  await send()
}

/** `inbox:mailbox/7#reader@user:usr_a`, `inbox:mailbox/7#reader@inbox:team/3#member`. */
export function textOf({ resource, relation, subject }: Place): string {
  const whom = isResourceType(subject.type) ? `${subject.type}/${subject.id}` : `${subject.type}:${subject.id}`
  return `${resource.type}/${resource.id}#${relation}@${whom}${subject.relation === undefined ? '' : `#${subject.relation}`}`
}
