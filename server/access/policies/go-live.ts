import { afterCommit } from '../../platform/database/after-commit.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { raiseRevision } from '../revision.ts'
import { diffOf } from './diff.ts'
import { textsOf } from './outline.ts'
import type { PolicyParts } from './parts.ts'
import { nowOf } from './parts.ts'
import { makeLive, readVersion, retire } from './store.ts'

const maxNamed = 100

export type GoingLive = {
  readonly organisationId: string
  /** 0 for none at all. */
  readonly number: number
  /** The version that is live before, as the caller knows it; 0 for none. */
  readonly instead: number
  readonly from: 'shadowed' | 'retired'
  readonly actor: Actor
  readonly reason: string
}

/**
 * Puts one version in the place of another, in the caller's transaction and under the organisation's lock.
 *
 * @throws Refusal ACCESS_POLICY_CHANGED where another is live than `instead`; ACCESS_POLICY_STATE
 */
export async function goLive(parts: PolicyParts, tx: Queries, going: GoingLive): Promise<void> {
  const { organisationId, number, instead, from, actor, reason } = going
  const now = nowOf(parts)
  if (instead !== 0 && !(await retire(tx, organisationId, instead, now))) throw refuse('ACCESS_POLICY_CHANGED')
  if (number !== 0 && !(await makeLive(tx, organisationId, number, from, now))) throw refuse('ACCESS_POLICY_STATE')
  const [before, after] = [await textsAt(tx, organisationId, instead), await textsAt(tx, organisationId, number)]
  const diff = diffOf(before, after)
  const named = (change: string) =>
    diff
      .filter((one) => one.change === change)
      .map(({ id }) => id)
      .slice(0, maxNamed)
  const data = { version: number, instead, added: named('added'), removed: named('removed'), changed: named('changed') }
  const type = from === 'shadowed' ? 'policies.activated' : 'policies.rolled-back'
  await raiseRevision(tx, organisationId)
  await parts.context.recorder.record(tx, event(type, { organisationId, actor, data, personal: { reason } }))
  // Each by itself: one that fails keeps nobody from hearing of the other.
  afterCommit(tx, () => parts.cache.announce(organisationId))
  afterCommit(tx, () => parts.needs.announce(organisationId))
}

async function textsAt(tx: Queries, organisationId: string, number: number): Promise<ReadonlyMap<string, string>> {
  const version = number === 0 ? null : await readVersion(tx, organisationId, number)
  return version === null ? new Map() : textsOf(version)
}
