import type { MemberAdd, MemberRemove } from '@custodia/wire/http/access.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { ApprovalRow } from './approval-store.ts'
import { askForApproval } from './ask-for-approval.ts'
import type { Change } from './change.ts'
import { changing, requireCovered, requireGift, requireRights, settle } from './change.ts'
import type { MembershipRow } from './group-store.ts'
import { countMembers, readMembership, readNesting, removeMembership, writeMembership } from './group-store.ts'
import type { Parts } from './parts.ts'
import { sealReason } from './parts.ts'
import { depthOf, maxDepth } from './role-table.ts'
import { readRights, rightsOfHad, standingOf } from './standing.ts'
import { readHad } from './standing-store.ts'
import { expiryOf, requireSubject, sealedFor } from './subjects.ts'
import { requireGroup } from './write-group.ts'

const maxMembers = 10_000

/** A membership as somebody wants it. */
export type WantedMember = {
  readonly groupId: string
  readonly memberId: string
  readonly until: Date | null
  readonly reason: string
}

export type Joined = { readonly membership: MembershipRow } | { readonly waits: ApprovalRow }

/**
 * Puts somebody in a group, or changes until when they are: it gives them all that the group has. Where that is a privileged role, a second
 * administrator is asked in its place.
 *
 * @throws Refusal ACCESS_GROUP_UNKNOWN, ACCESS_SUBJECT_UNKNOWN, ACCESS_EXPIRY_PAST, ACCESS_CYCLE, ACCESS_TOO_DEEP, ACCESS_TOO_MANY,
 * ACCESS_NOT_YOURS_TO_GIVE, ACCESS_EXPIRY_TOO_LATE, ACCESS_PERSON_NEEDED
 */
export async function joinGroup(parts: Parts, by: Author, groupId: string, body: MemberAdd): Promise<Joined> {
  return await changing(parts, by, async (change) => {
    const { member: memberId, reason } = body
    const wanted = { groupId, memberId, reason, until: expiryOf(body.expiresAt, change.now) }
    const before = await check(parts, change, wanted)
    const longer =
      before === null || (before.expires_at !== null && (wanted.until === null || wanted.until > before.expires_at))
    if (longer && !change.alone && (await givesPrivileged(change, groupId))) {
      const asked = { kind: 'membership', subjectId: memberId, target: groupId, until: wanted.until, reason } as const
      return { waits: await askForApproval(parts, change, asked) }
    }
    return { membership: await join(parts, change, wanted) }
  })
}

/** Puts somebody in a group of whom it was agreed, or of whom nobody need agree. Checks everything anew but that. */
export async function join(parts: Parts, change: Change, wanted: WantedMember): Promise<MembershipRow> {
  const { tx, organisationId, now, actor, by } = change
  const { groupId, memberId, until, reason } = wanted
  const before = await check(parts, change, wanted)
  const row = {
    organisation_id: organisationId,
    group_id: groupId,
    member_id: memberId,
    added_at: now,
    expires_at: until,
    added_by: by?.id ?? null,
    reason_sealed: await sealReason(parts, organisationId, `${groupId} ${memberId}`, reason),
  }
  await writeMembership(tx, row)
  await parts.context.recorder.record(
    tx,
    event('group.joined', {
      ...{ organisationId, actor, subjectId: sealedFor(memberId) },
      data: { group: groupId, member: memberId, until: until?.toISOString() ?? null, changed: before !== null },
      personal: { reason },
    }),
  )
  await settle(parts, change, [memberId], { raised: true })
  return row
}

/**
 * Takes somebody out of a group, and with that all that it has.
 *
 * @throws Refusal ACCESS_GROUP_UNKNOWN, ACCESS_MEMBERSHIP_UNKNOWN, ACCESS_NOT_YOURS_TO_GIVE
 */
export async function leaveGroup(parts: Parts, by: Author, groupId: string, body: MemberRemove): Promise<void> {
  const { member: memberId, reason } = body
  await changing(parts, by, async (change) => await leave(parts, change, { groupId, memberId, reason }))
}

export async function leave(
  parts: Parts,
  change: Change,
  { groupId, memberId, reason }: Omit<WantedMember, 'until'>,
): Promise<void> {
  const { tx, organisationId, now, actor, table } = change
  await requireGroup(change, groupId)
  if ((await readMembership(tx, organisationId, { groupId, memberId }, now)) === null)
    throw refuse('ACCESS_MEMBERSHIP_UNKNOWN')
  const rights = await readRights(tx, { organisationId, subjectId: groupId, now, table })
  requireRights(change, rights.keys(), now)
  await removeMembership(tx, organisationId, groupId, memberId)
  await parts.context.recorder.record(
    tx,
    event('group.left', {
      ...{ organisationId, actor, subjectId: sealedFor(memberId) },
      data: { group: groupId, member: memberId },
      personal: { reason },
    }),
  )
  await settle(parts, change, [memberId], { raised: false })
}

/** @returns the membership that there is already; null where there is none. */
async function check(parts: Parts, change: Change, wanted: WantedMember): Promise<MembershipRow | null> {
  const { tx, organisationId, now, table } = change
  const { groupId, memberId, until } = wanted
  await requireGroup(change, groupId)
  await requireSubject(parts, change, memberId)
  if (until !== null && until <= now) throw refuse('ACCESS_EXPIRY_PAST')
  const had = await readHad(tx, organisationId, groupId, { now })
  const rights = rightsOfHad(had, table)
  const { roles, groups } = standingOf(had, table)
  await requireGift(parts, change, { roles, groups: [groupId, ...groups] })
  const untilMs = until?.getTime() ?? Number.POSITIVE_INFINITY
  requireCovered(change, new Map([...rights].map(([permission, ms]) => [permission, Math.min(ms, untilMs)])))
  if (memberId.startsWith('grp_')) await requireNoCircle(change, groupId, memberId)
  const before = await readMembership(tx, organisationId, { groupId, memberId }, now)
  if (before === null && (await countMembers(tx, groupId)) >= maxMembers)
    throw refuse('ACCESS_TOO_MANY', { what: 'members', max: maxMembers })
  return before
}

async function requireNoCircle({ tx, organisationId }: Change, groupId: string, memberId: string): Promise<void> {
  const nesting = new Map(await readNesting(tx, organisationId))
  nesting.set(groupId, [...(nesting.get(groupId) ?? []), memberId])
  const insideOf = (id: string) => nesting.get(id) ?? []
  if (depthOf(groupId, insideOf) === Number.POSITIVE_INFINITY) throw refuse('ACCESS_CYCLE')
  if ([...nesting.keys()].some((id) => depthOf(id, insideOf) > maxDepth))
    throw refuse('ACCESS_TOO_DEEP', { max: maxDepth })
}

async function givesPrivileged({ tx, organisationId, now, table }: Change, groupId: string): Promise<boolean> {
  const had = await readHad(tx, organisationId, groupId, { now })
  return had.some(({ kind, name }) => kind === 'role' && table.roles.get(name)?.privileged === true)
}
