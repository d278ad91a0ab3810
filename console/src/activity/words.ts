import type { ActivityAssessment, ActivityItem, ActivityPart } from '@custodia/wire/http/activity.ts'
import { factorWords } from '../home/factors.ts'
import { activityTexts } from '../texts-of-activity.ts'
import type { Row } from './rows.ts'

const wordIn = <T>(table: Readonly<Record<string, T>>, name: string): T | null =>
  Object.hasOwn(table, name) ? (table[name] as T) : null

/** What happened, in a few words. A type that has none here is told in the ledger's own. */
export function titleOf({ kind, item }: Row): string {
  if (kind === 'sign-in') return activityTexts.signedIn
  if (kind === 'stopped') return activityTexts.stopped
  return wordIn(activityTexts.what, item.type)?.(item.facts) ?? item.summary
}

/** How grave it is for whoever's account it is. */
export function toneOf({ kind, item, assessment }: Row): 'plain' | 'warn' | 'bad' {
  if (kind === 'stopped') return 'warn'
  if (kind === 'sign-in') return assessment?.verdict === 'ask' ? 'warn' : 'plain'
  if (item.facts.reason === 'risk' || grave.has(item.type)) return 'bad'
  return noted.has(item.type) ? 'warn' : 'plain'
}

const grave = new Set([
  'identity.passkey.clone-suspected',
  'sessions.session.held',
  'identity.account.disowned',
  'apikeys.key.leaked',
])
const noted = new Set([
  'identity.user.sign-in-refused',
  'identity.factor.refused',
  'identity.password.change-refused',
  'identity.recovery.refused',
  'identity.delegated-recovery.asked',
  'identity.delegated-recovery.approved',
  'identity.delegated-recovery.sent',
])

/** Who reads, and whether it is about them. */
export type Reader = { readonly own: boolean; readonly id: string }

/** From where, by what, why: whatever is known of it, each as a phrase. */
export function phrasesOf({ kind, item, assessment }: Row, reader: Reader): string[] {
  const { facts } = item
  const device = assessment?.parts.find(({ feature }) => feature === 'device')
  const phrases = [
    item.device,
    kind === 'other' || device === undefined ? null : wordIn(activityTexts.known, device.value),
    item.address,
    item.country,
    Array.isArray(facts.factors) ? activityTexts.with(factorWords(facts.factors)) : null,
    typeof facts.reason === 'string' ? wordIn(activityTexts.reasons, facts.reason) : null,
    kind === 'other' ? actorWords(item, reader) : null,
  ]
  return [...new Set(phrases.filter((phrase) => phrase !== null))]
}

/** Who did it, where that is not the person. */
function actorWords({ by, byId, type }: ActivityItem, { own, id }: Reader): string | null {
  if (by === 'person' || (by === 'stranger' && type.endsWith('refused'))) return null
  if (by === 'system') return null
  if (by === 'stranger') return activityTexts.by(activityTexts.stranger)
  if (byId === id) return activityTexts.by(activityTexts.you)
  return activityTexts.by(own || byId === null ? activityTexts.somebodyElse : byId)
}

/** @returns null where nothing was assessed. */
export function verdictWords(assessment: ActivityAssessment | null): string | null {
  if (assessment === null) return null
  const { verdict, parts } = assessment
  if (verdict === 'ask' || verdict === 'refuse') return activityTexts.verdicts[verdict]
  return parts.some(({ feature }) => !feature.startsWith('failures-'))
    ? activityTexts.verdicts.usual
    : activityTexts.verdicts.young
}

/** What spoke against the person, the weightiest first, each word once. */
export function strangeWords(assessment: ActivityAssessment | null): string[] {
  const strange = (assessment?.parts ?? []).filter(({ lean }) => lean > 0).toSorted((a, b) => weightOf(b) - weightOf(a))
  return [...new Set(strange.map(({ feature }) => wordIn(activityTexts.strange, feature) ?? feature))]
}

/** The power of ten of a part, as exactly as the reader may know it: from -3 to 3. */
export const weightOf = ({ lean, ratio }: ActivityPart): number =>
  ratio === null ? lean : Math.max(-3, Math.min(3, Math.log10(ratio)))

export function leanWords({ lean, ratio }: ActivityPart): string {
  return ratio === null ? (wordIn(activityTexts.leans, String(lean)) ?? '') : activityTexts.ratio(ratio)
}

export const featureWords = ({ feature }: ActivityPart): string => wordIn(activityTexts.features, feature) ?? feature

export const valueWords = ({ value }: ActivityPart): string => wordIn(activityTexts.values, value) ?? value
