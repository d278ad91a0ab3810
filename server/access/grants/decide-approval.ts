import type { Principal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { ApprovalRow } from './approval-store.ts'
import { decideApproval, readApproval } from './approval-store.ts'
import { askForApproval } from './ask-for-approval.ts'
import type { Change } from './change.ts'
import { changing, requireRights } from './change.ts'
import { assign } from './give-role.ts'
import { join } from './join-group.ts'
import type { Parts } from './parts.ts'
import { openReason } from './parts.ts'
import type { Rights } from './standing.ts'
import { readRights } from './standing.ts'
import { readHad } from './standing-store.ts'
import { requireOwn, unmarkRole } from './write-role.ts'

/**
 * Agrees to what another asked for, which is done at once. Both must have the right to it at this moment.
 *
 * @throws Refusal ACCESS_APPROVAL_UNKNOWN, ACCESS_APPROVAL_OVER; ACCESS_PERSON_NEEDED for a machine; ACCESS_APPROVAL_NOT_YOURS for who asked and
 * who gains; and whatever refuses what was asked for.
 */
export async function approve(parts: Parts, by: Principal, id: string): Promise<ApprovalRow> {
  return await changing(parts, by, async (change) => {
    const row = await requireWaiting(change, id)
    if (by.kind !== 'user') throw refuse('ACCESS_PERSON_NEEDED')
    if (row.asked_by === by.id || (await gains(change, row, by.id))) throw refuse('ACCESS_APPROVAL_NOT_YOURS')
    const both = { ...change, rights: shared(change.rights, await rightsOfAsker(parts, change, row)) }
    await end(parts, change, row, 'approved')
    await carryOut(parts, both, row)
    return { ...row, outcome: 'approved' as const, decided_by: by.id, decided_at: change.now }
  })
}

/**
 * Says no to what was asked for; whoever asked takes it back by the same.
 *
 * @throws Refusal ACCESS_APPROVAL_UNKNOWN, ACCESS_APPROVAL_OVER
 */
export async function refuseApproval(parts: Parts, by: Principal, id: string): Promise<ApprovalRow> {
  return await changing(parts, by, async (change) => {
    const row = await requireWaiting(change, id)
    const outcome = row.asked_by === by.id ? 'withdrawn' : 'refused'
    await end(parts, change, row, outcome)
    return { ...row, outcome, decided_by: by.id, decided_at: change.now }
  })
}

/** Asks that a role lose its mark. @throws Refusal as `unmarkRole`; ACCESS_PERSON_NEEDED, ACCESS_TOO_MANY */
export async function askToUnmark(parts: Parts, by: Principal, name: string, reason: string): Promise<ApprovalRow> {
  return await changing(parts, by, async (change) => {
    const role = requireOwn(change.table, name)
    if (!role.marked) throw refuse('ACCESS_ROLE_UNMARKED', { role: name })
    requireRights(change, role.permissions, null)
    return await askForApproval(parts, change, { kind: 'unmark', subjectId: null, target: name, until: null, reason })
  })
}

async function requireWaiting({ tx, organisationId, now }: Change, id: string): Promise<ApprovalRow> {
  const row = await readApproval(tx, organisationId, id)
  if (row === null) throw refuse('ACCESS_APPROVAL_UNKNOWN')
  if (row.outcome !== null || row.expires_at <= now) throw refuse('ACCESS_APPROVAL_OVER')
  return row
}

async function gains({ tx, organisationId, now }: Change, row: ApprovalRow, userId: string): Promise<boolean> {
  if (row.subject_id === userId) return true
  const had = await readHad(tx, organisationId, userId, { now })
  return had.some(({ kind, name }) => kind === 'group' && name === row.subject_id)
}

/** What whoever asked may hand on now: they may have lost it since, or may no longer sign in. */
async function rightsOfAsker(
  parts: Parts,
  { tx, organisationId, now, table }: Change,
  { asked_by: subjectId }: ApprovalRow,
): Promise<Rights> {
  const state = (await parts.directory()?.states(tx, organisationId, [subjectId]))?.get(subjectId)
  if (parts.directory() !== null && state !== 'active') throw refuse('ACCESS_APPROVAL_OVER')
  return await readRights(tx, { organisationId, subjectId, now, table })
}

function shared(one: Rights | null, other: Rights): Rights {
  if (one === null) return other
  const both = [...one].filter(([permission]) => other.has(permission))
  return new Map(both.map(([permission, untilMs]) => [permission, Math.min(untilMs, other.get(permission) as number)]))
}

async function end(
  parts: Parts,
  { tx, organisationId, now, actor, by }: Change,
  { id, kind, subject_id: subject, target, asked_by: askedBy }: ApprovalRow,
  outcome: 'approved' | 'refused' | 'withdrawn',
): Promise<void> {
  // Of two who decide at once, one does.
  if (!(await decideApproval(tx, organisationId, id, { outcome, by: by?.id ?? '', now })))
    throw refuse('ACCESS_APPROVAL_OVER')
  const data = { approval: id, kind, subject, target, askedBy, outcome }
  await parts.context.recorder.record(tx, event('approval.decided', { organisationId, actor, data }))
}

async function carryOut(parts: Parts, change: Change, row: ApprovalRow): Promise<void> {
  const { organisationId } = change
  const { kind, subject_id: subjectId, target, until } = row
  const reason = (await openReason(parts, organisationId, row.id, row.reason_sealed)) ?? ''
  if (kind === 'unmark' || subjectId === null) return await unmarkRole(parts, change, target)
  if (kind === 'assignment') await assign(parts, change, { subjectId, role: target, until, reason })
  else await join(parts, change, { groupId: target, memberId: subjectId, until, reason })
}
