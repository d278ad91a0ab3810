import type { ActivityAssessment, ActivityItem } from '@custodia/wire/http/activity.ts'

/** One line of the list: a thing that happened, with what belongs to it. */
export type Row = {
  /** The newest of its entries. */
  readonly item: ActivityItem
  readonly kind: 'sign-in' | 'stopped' | 'other'
  readonly assessment: ActivityAssessment | null
  /** How many alike, one after the other, it stands for. */
  readonly times: number
}

const assessed = 'identity.sign-in.assessed'
const signedIn = 'identity.user.signed-in'
/** Strangers can make as many of these as they like: alike ones must not push everything else off the page. */
const repeatable = new Set(['identity.user.sign-in-refused', 'identity.factor.refused', 'identity.recovery.refused'])

/**
 * Entries as lines, newest first: a sign-in with its score, a first step that nobody followed up, repetitions as one.
 *
 * @param items all pages that are there, newest first. A sign-in is newer than its score, so of what is loaded no score is taken for one
 * that nothing followed.
 */
export function rowsOf(items: readonly ActivityItem[]): Row[] {
  const scores = items.filter(({ type }) => type === assessed)
  const bySession = new Map(scores.map((one) => [one.facts.session, one]))
  const byAttempt = new Map(scores.map((one) => [one.facts.attempt, one]))
  const used = new Set<string>()
  const rows: Row[] = []
  for (const item of items) {
    if (item.type === signedIn) {
      const { session, attempt } = item.facts
      const score = bySession.get(session) ?? (attempt === undefined ? undefined : byAttempt.get(attempt))
      if (score !== undefined) used.add(score.id)
      rows.push({ item, kind: 'sign-in', assessment: score?.assessment ?? null, times: 1 })
    } else if (item.type === assessed) {
      if (item.assessment?.verdict === 'refuse') scoreRefusal(rows, item)
      else if (!used.has(item.id)) rows.push({ item, kind: 'stopped', assessment: item.assessment, times: 1 })
    } else if (!isRoutine(item)) add(rows, item)
  }
  return rows
}

/** What was refused for its score: the refusal is the newer of the two, so its line is there already. */
function scoreRefusal(rows: Row[], { assessment }: ActivityItem): void {
  const at = rows.findLastIndex(({ item, assessment }) => item.facts.reason === 'risk' && assessment === null)
  const row = rows[at]
  if (row !== undefined) rows[at] = { ...row, assessment }
}

/** Signing in anew in the same browser ends what it had: that says nothing beside the sign-in itself. */
const isRoutine = ({ type, facts }: ActivityItem) => type === 'sessions.session.ended' && facts.why === 'replaced'

function add(rows: Row[], item: ActivityItem): void {
  const last = rows.at(-1)
  // Of each that was refused for its score, the score is to be seen.
  const alone = item.facts.reason === 'risk'
  if (last !== undefined && !alone && repeatable.has(item.type) && isAlike(last.item, item))
    rows[rows.length - 1] = { ...last, times: last.times + 1 }
  else rows.push({ item, kind: 'other', assessment: null, times: 1 })
}

const isAlike = (one: ActivityItem, other: ActivityItem) =>
  one.type === other.type &&
  one.address === other.address &&
  one.facts.reason === other.facts.reason &&
  one.facts.factor === other.facts.factor

/** What the person would have done themself: of which they may say that they did not. */
export function isDisownable({ kind, item }: Row, currentSession: string): boolean {
  if (kind === 'stopped') return true
  if (kind === 'sign-in') return item.facts.session !== currentSession
  return item.by === 'person' && disownable.has(item.type)
}

const disownable = new Set([
  'identity.factor.enrolled',
  'identity.factor.removed',
  'identity.recovery-codes.created',
  'identity.recovery-code.used',
  'identity.password.changed',
])
