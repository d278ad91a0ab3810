import { refuse } from '../errors.ts'
import type { ResourceId, Subject, Tuple } from './api.ts'
import { faultOfCondition, isTime } from './conditions.ts'
import { isAllowed, isEveryone } from './evaluation.ts'
import type { Relation, ResourceTypes } from './model.ts'
import { everyone, findRelation, isResourceType, subjectKinds } from './model.ts'

/** 1 to 200 printable ASCII characters without a space and `#`, which separates in the text of a tuple; `*` alone is everyone. */
const identifier = /^[\x21\x22\x24-\x7e]{1,200}$/

/**
 * Holds a tuple against the configuration.
 *
 * @returns its relation.
 * @throws Refusal ACCESS_RELATION_MALFORMED, ACCESS_RELATION_UNKNOWN, ACCESS_RELATION_SUBJECT_REFUSED
 */
export function checkTuple(types: ResourceTypes, tuple: Tuple, nowMs: number): Relation {
  const relation = checkPlace(types, tuple)
  const { subject, condition, expiresMs } = tuple
  if (!relation.allowed.some((one) => isAllowed(subject, one)))
    throw refuse('ACCESS_RELATION_SUBJECT_REFUSED', { ...namesOf(tuple), subject: kindOf(subject) })
  const fault = condition === undefined ? null : faultOfCondition(condition, types.get(tuple.resource.type))
  if (fault !== null) throw refuse('ACCESS_RELATION_MALFORMED', { ...namesOf(tuple), fault })
  if (expiresMs === undefined) return relation
  const begins = Math.max(nowMs, condition?.notBeforeMs ?? 0)
  if (!isTime(expiresMs) || expiresMs <= begins)
    throw refuse('ACCESS_RELATION_MALFORMED', { ...namesOf(tuple), fault: 'it ends before it begins' })
  return relation
}

/** As `checkTuple`, for what is only taken away: of a kind that may no longer be given, too. Throws as it does. */
export function checkPlace(types: ResourceTypes, tuple: Pick<Tuple, 'resource' | 'relation' | 'subject'>): Relation {
  const { resource, relation: name, subject } = tuple
  const relation = findRelation(types, resource.type, name)
  if (relation === undefined) throw refuse('ACCESS_RELATION_UNKNOWN', namesOf(tuple))
  if (!isIdentifier(resource) || !(isIdentifier(subject) || isEveryone(subject)))
    throw refuse('ACCESS_RELATION_MALFORMED', { ...namesOf(tuple), fault: 'an identifier is malformed' })
  const isKnown = isResourceType(subject.type)
    ? types.has(subject.type)
    : (subjectKinds as readonly string[]).includes(subject.type) && subject.relation === undefined
  if (!isKnown) throw refuse('ACCESS_RELATION_SUBJECT_REFUSED', { ...namesOf(tuple), subject: kindOf(subject) })
  return relation
}

const isIdentifier = ({ id }: ResourceId): boolean => identifier.test(id) && id !== everyone

const namesOf = ({ resource, relation }: Pick<Tuple, 'resource' | 'relation'>) => ({
  type: resource.type.slice(0, 100),
  relation: relation.slice(0, 50),
})

const kindOf = ({ type, relation }: Subject): string =>
  (relation === undefined ? type : `${type}#${relation}`).slice(0, 150)
