import type { RelationTuple } from '@custodia/wire/http/relations.ts'
import { CustodiaError } from '../errors.ts'

// The shapes are those of `http/authzen.ts` in the wire package, read by hand: what is not surely a yes is a no.

export type AccessDecision = {
  readonly allowed: boolean
  /** `permitted`, `no-grant`, `condition`, `forbidden`; `failed` where there was no answer. */
  readonly reason: string
  /** Where the reason is `condition`: what would have to be otherwise, as for asking for another factor. */
  readonly unmet?: { readonly names: readonly string[]; readonly assurance?: number; readonly notBeforeMs?: number }
  /** For `atLeast` of a later question. */
  readonly token?: string
  /** Where the reason is `failed`. */
  readonly error?: CustodiaError
}

const invalid = () => new CustodiaError('CUSTODIA_REPLY_INVALID')

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid()
  return value as Record<string, unknown>
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readDecision(value: unknown): AccessDecision {
  const { decision, context } = record(value)
  if (typeof decision !== 'boolean') throw invalid()
  const { reason, unmet, token } = record(context ?? {})
  return {
    allowed: decision,
    reason: typeof reason === 'string' ? reason : decision ? 'permitted' : 'no-grant',
    ...(unmet === undefined ? {} : { unmet: record(unmet) as NonNullable<AccessDecision['unmet']> }),
    ...(typeof token === 'string' ? { token } : {}),
  }
}

/** Exactly as many as were asked for. @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readDecisions(value: unknown, count: number): readonly AccessDecision[] {
  const { evaluations } = record(value)
  if (!Array.isArray(evaluations) || evaluations.length !== count) throw invalid()
  return evaluations.map(readDecision)
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readPage(value: unknown): { readonly ids: readonly string[]; readonly next: string } {
  const { results, page } = record(value)
  const next = record(page).next_token
  if (!Array.isArray(results) || typeof next !== 'string') throw invalid()
  const ids = results.map((one) => record(one).id)
  if (!ids.every((id) => typeof id === 'string')) throw invalid()
  return { ids: ids as string[], next }
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readWritten(value: unknown): { readonly changed: number; readonly token: string } {
  const { changed, token } = record(value)
  if (typeof changed !== 'number' || typeof token !== 'string') throw invalid()
  return { changed, token }
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readRelations(value: unknown): {
  readonly items: readonly RelationTuple[]
  readonly next: string | null
} {
  const { items, next } = record(value)
  if (!Array.isArray(items) || (next !== null && typeof next !== 'string')) throw invalid()
  for (const item of items) {
    const { resource, relation, subject } = record(item)
    const named = [record(resource), record(subject)].every(({ type, id }) =>
      [type, id].every((one) => typeof one === 'string'),
    )
    if (!named || typeof relation !== 'string') throw invalid()
  }
  return { items: items as RelationTuple[], next }
}
