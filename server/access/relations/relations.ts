import type { Bus } from '../../platform/cache/cache.ts'
import type { Clock } from '../../platform/clock.ts'
import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Recorder } from '../../platform/events/event.ts'
import type { Random } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { lockOrganisation, raiseRevision } from '../revision.ts'
import { Answers } from './answers.ts'
import type { Held, Relations } from './api.ts'
import type { CursorKeys } from './cursor.ts'
import { Cursors } from './cursor.ts'
import { hold, isKnown } from './hold.ts'
import { listResources } from './list-resources.ts'
import { listSubjects, named } from './list-subjects.ts'
import { Rights } from './may-write.ts'
import type { ResourceTypes } from './model.ts'
import { findRelation } from './model.ts'
import { listShares } from './share.ts'
import { readKnown, readNaming, removeExpired, removeSubject, tupleReader } from './store.ts'
import { write } from './write.ts'

const topic = 'access.changed'
/** What this room says on it, before the organisation. */
const said = 'relations '
const maxSwept = 1_000
const maxHanded = 10_000
const maxExported = 10_000

export type RelationsNeeds = {
  readonly types: ResourceTypes
  readonly cursorKeys: CursorKeys
  readonly database: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly random: Random
  readonly recorder: Recorder
  /** Told at once when relations of an organisation changed, here or elsewhere; null: maybe of all. */
  readonly onChange?: (organisationId: string | null) => void
}

const nobody: Held = { holds: false, untilMs: Number.POSITIVE_INFINITY, conditional: null, path: [] }

/** The relations of every organisation, as the rest of the access module sees them. */
export function createRelations(needs: RelationsNeeds): Relations {
  const { types, database, bus, clock, random, recorder } = needs
  const reader = tupleReader(database.queries)
  const services = { types, reader, cursors: new Cursors(needs.cursorKeys, random) }
  const answers = new Answers(bus)
  const heard = (organisationId: string | null): void => {
    answers.forget(organisationId)
    needs.onChange?.(organisationId)
  }
  // What others say on this topic changes who somebody is; that comes with each question.
  bus.subscribe(topic, (message) => {
    if (message.startsWith(said)) heard(message.slice(said.length))
  })
  bus.onGap(() => heard(null))
  const announce = async (organisationId: string): Promise<void> => {
    heard(organisationId)
    await bus.publish(topic, said + organisationId)
  }

  return {
    write: (tx, change) => write({ types, clock, recorder, announce }, tx, change),
    holds(question) {
      if (!isKnown(types, question)) return nobody
      return answers.get(question) ?? answers.fill(question, () => hold(services, question))
    },
    explain: async (question) => (isKnown(types, question) ? await hold(services, question, true) : nobody),
    listResources: (search) => listResources(services, search),
    listSubjects: (search) => listSubjects(services, search),
    named: (search) => named(services, search),
    known: (organisationId, type, after, limit) => readKnown(database.queries, organisationId, { type, after, limit }),
    listShares: (search) => listShares(services, database.queries, search),
    async requireHandable(organisationId, giver, subject) {
      const tuples = await readNaming(database.queries, organisationId, subject, maxHanded + 1, clock.nowMs())
      if (tuples.length > maxHanded) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { subject: subject.id })
      const rights = new Rights(services, organisationId, giver)
      for (const tuple of tuples) {
        const relation = findRelation(types, tuple.resource.type, tuple.relation)
        // A type that nobody declares any more gives nothing.
        if (relation === undefined) continue
        if ((await rights.untilMs(tuple, relation)) !== Number.POSITIVE_INFINITY)
          throw refuse('ACCESS_RELATION_OUTLIVES_YOURS', { type: tuple.resource.type, relation: tuple.relation })
      }
    },
    naming: (organisationId, subject) =>
      readNaming(database.queries, organisationId, subject, maxExported, clock.nowMs()),
    async forget(tx, organisationId, subject) {
      await lockOrganisation(tx, organisationId)
      const removed = await removeSubject(tx, organisationId, subject)
      if (removed === 0) return 0
      await raiseRevision(tx, organisationId)
      afterCommit(tx, () => announce(organisationId))
      return removed
    },
    forgetAnswers: (organisationId) => answers.forget(organisationId),
    sweep: () => removeExpired(database.queries, clock.nowMs(), maxSwept),
  }
}
