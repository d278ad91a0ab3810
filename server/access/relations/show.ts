import type { RelationTuple } from '@custodia/wire/http/relations.ts'
import type { Condition, Tuple } from './api.ts'

/** A tuple as it goes over the wire: times as text. */
export function showTuple({ resource, relation, subject, condition, expiresMs }: Tuple): RelationTuple {
  return {
    resource: { type: resource.type, id: resource.id },
    relation,
    subject: { ...subject },
    ...(condition === undefined ? {} : { condition: showCondition(condition) }),
    ...(expiresMs === undefined ? {} : { expiresAt: new Date(expiresMs).toISOString() }),
  }
}

function showCondition({
  notBeforeMs,
  networks,
  assurance,
  named,
}: Condition): NonNullable<RelationTuple['condition']> {
  return {
    ...(notBeforeMs === undefined ? {} : { notBefore: new Date(notBeforeMs).toISOString() }),
    ...(networks === undefined ? {} : { networks: [...networks] }),
    ...(assurance === undefined ? {} : { assurance }),
    ...(named === undefined ? {} : { named: { ...named } }),
  }
}

/** The other way. A time beyond what is one is for `write` to refuse. */
export function readTuple({ resource, relation, subject, condition, expiresAt }: RelationTuple): Tuple {
  const { notBefore, ...rest } = condition ?? {}
  const begins = notBefore === undefined ? {} : { notBeforeMs: Date.parse(notBefore) }
  return {
    ...{ resource, relation, subject },
    ...(condition === undefined ? {} : { condition: { ...rest, ...begins } }),
    ...(expiresAt === undefined ? {} : { expiresMs: Date.parse(expiresAt) }),
  }
}
