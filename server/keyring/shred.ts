import type { Bus } from '../platform/cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor, Recorder } from '../platform/events/event.ts'
import type { Random } from '../platform/random.ts'
import type { Log } from '../platform/telemetry/log.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { KeyCache } from './key-cache.ts'
import { newKeyId } from './new-key-id.ts'
import { checkIdentifier, serverItself } from './scope.ts'
import { insertShredded, lockSubject, readShreddedAt, wipeKeys } from './store.ts'

const topic = 'keyring.shredded'

export type Shredding = {
  readonly organisationId: string
  readonly subjectId: string
  /** Whose keys; null for those of the server and of every application. */
  readonly applicationId: string | null
  readonly actor: Actor
}

export type ShredServices = {
  readonly bus: Bus
  readonly cache: KeyCache
  readonly clock: Clock
  readonly random: Random
  readonly recorder: Recorder
  readonly log: Log
}

/**
 * Destroys a subject's keys in the caller's transaction, with its event.
 *
 * Every process is told twice. Before: from now on read these keys from the database, so that nobody has them in memory when the
 * transaction commits (`KeyCache`). After: forget them, for whoever came to read them in between.
 *
 * @returns when they were destroyed, which is earlier where it had been done before.
 * @throws Refusal KEYRING_UNHEARD
 */
export async function shred(tx: Queries, shredding: Shredding, services: ShredServices): Promise<Date> {
  const { bus, clock, random, recorder, log } = services
  const { organisationId, subjectId, applicationId, actor } = shredding
  checkIdentifier(organisationId)
  checkIdentifier(subjectId)
  const message = JSON.stringify([organisationId, subjectId])
  try {
    await bus.publish(topic, message)
  } catch (error) {
    log.error({ err: error }, 'keys are not destroyed: other processes can not be told')
    throw refuse('KEYRING_UNHEARD')
  }

  const owner = applicationId ?? serverItself
  await lockSubject(tx, organisationId, subjectId, owner)
  const before = await readShreddedAt(tx, organisationId, subjectId, [owner])
  const at = new Date(clock.nowMs())
  const keys = await wipeKeys(tx, organisationId, subjectId, applicationId, at)
  if (before !== null && keys.length === 0) return before

  if (before === null)
    for (const purpose of ['subject', 'index'])
      await insertShredded(tx, {
        id: newKeyId(random),
        organisation_id: organisationId,
        application_id: owner,
        subject_id: subjectId,
        purpose,
        version: 1,
        created_at: at,
      })
  await recorder.record(
    tx,
    event('subject.shredded', {
      organisationId,
      actor,
      subjectId: applicationId === null ? subjectId : null,
      data: { application: owner, keys },
    }),
  )
  afterCommit(tx, () =>
    bus.publish(topic, message).catch((error) => {
      // They read from the database already; see above.
      log.warn({ err: error }, 'other processes could not be told a second time that keys were destroyed')
    }),
  )
  return before ?? at
}

/** Makes the cache hear what is destroyed anywhere. @returns the function that ends it. */
export function hearShredding(bus: Bus, cache: KeyCache): () => void {
  const ends = [
    bus.subscribe(topic, (message) => {
      const subject = read(message)
      if (subject === null) cache.forgetAll()
      else cache.doubt(...subject)
    }),
    bus.onGap(() => cache.forgetAll()),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Null for what no process of ours says: then it is safer to forget everything. */
function read(message: string): [string, string] | null {
  try {
    const value: unknown = JSON.parse(message)
    const [organisationId, subjectId] = Array.isArray(value) ? value : []
    return typeof organisationId === 'string' && typeof subjectId === 'string' ? [organisationId, subjectId] : null
  } catch {
    return null
  }
}
