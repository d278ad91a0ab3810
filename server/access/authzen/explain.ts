import type { Explain, Explained } from '@custodia/wire/http/relations.ts'
import { assuranceOf, assurances } from '../../platform/http/assurance.ts'
import { refuseRequest } from '../../platform/http/errors.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import type { Explanation, Facts } from '../decide/question.ts'
import type { Held, Unmet } from '../relations/api.ts'
import { showTuple } from '../relations/show.ts'
import { whatOf } from './evaluate.ts'
import { readFacts, readProperties } from './given.ts'
import type { Parts } from './parts.ts'
import { knownOf } from './subjects.ts'

/**
 * How a decision comes about: of oneself for everybody, of others for those who may read the log of decisions.
 *
 * @param address where the request comes from: of oneself, that counts where no other is given.
 * @throws Refusal ACCESS_DENIED, REQUEST_INVALID, ACCESS_RELATIONS_TOO_DEEP, ACCESS_RELATIONS_TOO_WIDE
 */
export async function explain(
  parts: Parts,
  principal: UserPrincipal,
  { subject, permission, resource, context }: Explain,
  address: string,
): Promise<Explained> {
  const { organisationId } = principal
  const isSelf = subject.type === 'user' && subject.id === principal.id
  const { allowed: seesAll } = await parts.decide(principal, 'access:decisions:read', { quiet: true })
  if (!isSelf && !seesAll) throw refuseRequest('ACCESS_DENIED', { permission: 'access:decisions:read' })
  if (subject.properties !== undefined) readProperties(subject.properties, 'body.subject.properties')
  const told = readFacts(
    context,
    { kind: subject.type, permission, nowMs: parts.clock.nowMs(), contexts: parts.contexts },
    'body.context',
  )
  const facts = isSelf && context?.custodia === undefined ? { ...told, ...ownOf(principal, address) } : told
  const what = whatOf(organisationId, resource, 'body.resource')
  await parts.revisions.renew(organisationId)
  const isKnown = await knownOf(parts, organisationId, [subject])
  const who = { kind: subject.type, id: subject.id, organisationId }
  const explained = show(await parts.point.explain({ who, permission, what, facts }), seesAll)
  return isKnown(subject) ? explained : { ...explained, decision: false, reason: 'inactive' }
}

function ownOf(
  { factors, risk = 0 }: UserPrincipal,
  address: string,
): Pick<Facts, 'address' | 'assurance' | 'factors' | 'risk'> {
  return { address, assurance: (assurances.indexOf(assuranceOf(factors)) + 1) as 1 | 2 | 3, factors, risk }
}

function show({ verdict, standing, considered, relations, wouldGrant }: Explanation, seesAll: boolean): Explained {
  return {
    decision: verdict.allowed,
    reason: verdict.reason,
    policies: [...verdict.policies],
    errors: [...verdict.errors],
    policyVersion: verdict.policyVersion,
    unmet: showUnmet(verdict.unmet),
    until: instantOf(verdict.untilMs),
    roles: [...standing.roles],
    groups: [...standing.groups],
    considered: seesAll ? [...considered] : null,
    relations: Object.entries(relations).map(([name, held]) => showHeld(name, held)),
    wouldGrant: { roles: [...wouldGrant.roles], relations: [...wouldGrant.relations] },
  }
}

function showHeld(name: string, { holds, untilMs, conditional, path }: Held): Explained['relations'][number] {
  return {
    name,
    holds,
    until: instantOf(untilMs),
    unmet: showUnmet(conditional),
    path: path.map(({ resource, relation, rule, tuple }) => ({
      resource: { type: resource.type, id: resource.id },
      relation,
      rule,
      tuple: tuple === null ? null : showTuple(tuple),
    })),
  }
}

function showUnmet(unmet: Unmet | null): Explained['unmet'] {
  if (unmet === null) return null
  const { names, assurance, notBeforeMs, conditions } = unmet
  return {
    names: [...names],
    ...(assurance === undefined ? {} : { assurance }),
    ...(conditions === undefined ? {} : { conditions: [...conditions] }),
    ...(notBeforeMs === undefined ? {} : { notBefore: new Date(notBeforeMs).toISOString() }),
  }
}

const instantOf = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)
