import type { ActivityAssessment, ActivityItem } from '@custodia/wire/http/activity.ts'
import type { AboutEntry } from '../audit/api.ts'
import { shown } from './shown.ts'

/** For whom: a person sees themself in words; whoever looks after people sees the numbers, and who else acted. */
export type Reader = { readonly userId: string; readonly numbers: boolean }

type Values = Readonly<Record<string, unknown>>

/** One entry as it is told. What an older or a newer version wrote otherwise is left out, never passed on. */
export function showEntry(
  { id, at, type, actor, data, personal }: AboutEntry,
  reader: Reader,
  catalogue: Readonly<Record<string, string>>,
): ActivityItem {
  const by = actorOf(actor, reader.userId)
  return {
    id,
    at,
    type,
    summary: Object.hasOwn(catalogue, type) ? (catalogue[type] as string) : type,
    by,
    byId: reader.numbers && by === 'somebody-else' ? (actor.id ?? null) : null,
    address: text(personal?.address),
    device: text(personal?.device),
    country: text(personal?.country),
    facts: factsOf(data, shown[type] ?? []),
    assessment: type === 'identity.sign-in.assessed' ? assessmentOf(data, reader.numbers) : null,
  }
}

function actorOf({ kind, id }: AboutEntry['actor'], userId: string): ActivityItem['by'] {
  if (kind === 'anonymous') return 'stranger'
  if (kind === 'system') return 'system'
  return id === userId ? 'person' : 'somebody-else'
}

function factsOf(data: Values, names: readonly string[]): ActivityItem['facts'] {
  const facts: ActivityItem['facts'] = {}
  for (const name of names) {
    const value = data[name]
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value
    else if (Array.isArray(value)) facts[name] = value.filter((one) => typeof one === 'string')
  }
  return facts
}

function assessmentOf({ verdict, score, parts }: Values, numbers: boolean): ActivityAssessment {
  return {
    verdict: text(verdict) ?? '',
    score: numbers && typeof score === 'number' ? score : null,
    parts: (Array.isArray(parts) ? parts : []).filter(isPart).map(({ feature, value, ratio }) => ({
      feature,
      value,
      lean: Math.max(-3, Math.min(3, Math.round(Math.log10(ratio)))) + 0,
      ratio: numbers ? ratio : null,
    })),
  }
}

type Part = { readonly feature: string; readonly value: string; readonly ratio: number }

function isPart(part: unknown): part is Part {
  if (typeof part !== 'object' || part === null) return false
  const { feature, value, ratio } = part as Record<string, unknown>
  return typeof feature === 'string' && typeof value === 'string' && typeof ratio === 'number' && ratio > 0
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
