import type { Decided, DecidedAll, Evaluation, Evaluations } from '@custodia/wire/http/authzen.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Question, Verdict, What } from '../decide/question.ts'
import { honourTokens } from './freshness.ts'
import { invalid, readFacts, readProperties } from './given.ts'
import { requireOwn, wholeOrganisation } from './own.ts'
import type { Parts } from './parts.ts'
import { knownOf } from './subjects.ts'

type Asked = { readonly field: string; readonly evaluation: Evaluation }

/**
 * One evaluation: AuthZEN §6.
 *
 * @throws Refusal REQUEST_INVALID, ACCESS_DECISION_TOKEN_INVALID, ACCESS_NOT_YOUR_APPLICATION
 */
export async function evaluate(parts: Parts, principal: Principal, evaluation: Evaluation): Promise<Decided> {
  const [decided] = await decideInTurn(parts, principal, [{ field: 'body', evaluation }], () => false)
  const { decision, context } = decided as Decided
  return { decision, context: { ...context, token: await parts.revisions.token(principal.organisationId) } }
}

/** Several: AuthZEN §7. Throws as `evaluate`. One that is about another's resources makes all of them fail. */
export async function evaluateAll(parts: Parts, principal: Principal, body: Evaluations): Promise<DecidedAll> {
  const { evaluations = [], options, ...defaults } = body
  if (evaluations.length === 0) return await evaluate(parts, principal, whole(defaults, 'body'))
  const asked = evaluations.map((one, at): Asked => {
    const field = `body.evaluations.${at}`
    return { field, evaluation: whole({ ...defaults, ...one }, field) }
  })
  const semantic = options?.evaluations_semantic ?? 'execute_all'
  const isLast = (decision: boolean) =>
    semantic === 'execute_all' ? false : decision === (semantic === 'permit_on_first_permit')
  // A context of their own takes the place of the one above, but not of what that asks for of freshness.
  await honourTokens(parts, principal.organisationId, [['body.context', defaults.context]])
  const decided = await decideInTurn(parts, principal, asked, isLast)
  return { context: { token: await parts.revisions.token(principal.organisationId) }, evaluations: decided }
}

/** @throws Refusal REQUEST_INVALID where something is said neither in the evaluation nor above. */
function whole({ subject, action, resource, context }: Partial<Evaluation>, field: string): Evaluation {
  if (subject === undefined) throw invalid(`${field}.subject`, 'is missing')
  if (action === undefined) throw invalid(`${field}.action`, 'is missing')
  if (resource === undefined) throw invalid(`${field}.resource`, 'is missing')
  return { subject, action, resource, ...(context === undefined ? {} : { context }) }
}

async function decideInTurn(
  parts: Parts,
  principal: Principal,
  asked: readonly Asked[],
  isLast: (decision: boolean) => boolean,
): Promise<Decided[]> {
  const { organisationId } = principal
  const questions = asked.map((one) => questionOf(parts, principal, one))
  await honourTokens(
    parts,
    organisationId,
    asked.map(({ field, evaluation }) => [`${field}.context`, evaluation.context] as const),
  )
  const isKnown = await knownOf(
    parts,
    organisationId,
    asked.map(({ evaluation }) => evaluation.subject),
  )
  const { allowed: tellsMore } = await parts.decide(principal, 'access:decisions:read', { quiet: true })
  const decided: Decided[] = []
  for (const [at, question] of questions.entries()) {
    const known = isKnown((asked[at] as Asked).evaluation.subject)
    const one = known ? await decideOne(parts, question, tellsMore) : nobody
    decided.push(one)
    if (isLast(one.decision)) break
  }
  return decided
}

/** Whether there is no such person, or one without the right, is not told apart. */
const nobody: Decided = { decision: false, context: { reason: 'no-grant' } }

async function decideOne({ point }: Parts, question: Question, tellsMore: boolean): Promise<Decided> {
  try {
    const verdict = await point.check(question)
    return { decision: verdict.allowed, context: contextOf(verdict, tellsMore) }
  } catch (error) {
    if (!isRefusal(error)) throw error
    const { status, title } = error.definition
    return { decision: false, context: { error: { status, code: error.code, message: title } } }
  }
}

function contextOf({ reason, unmet, policies, errors, policyVersion }: Verdict, tellsMore: boolean) {
  return {
    reason,
    ...(unmet === null ? {} : { unmet: showUnmet(unmet) }),
    ...(tellsMore ? { policies: [...policies], errors: [...errors], policyVersion } : {}),
  }
}

function showUnmet({ names, conditions, ...rest }: NonNullable<Verdict['unmet']>) {
  return { ...rest, names: [...names], ...(conditions === undefined ? {} : { conditions: [...conditions] }) }
}

function questionOf({ clock, contexts }: Parts, principal: Principal, { field, evaluation }: Asked): Question {
  const { organisationId } = principal
  const { subject, action, resource, context } = evaluation
  requireOwn(principal, { permission: action.name, type: resource.type })
  for (const [name, { properties }] of Object.entries({ subject, action }))
    if (properties !== undefined) readProperties(properties, `${field}.${name}.properties`)
  return {
    who: { kind: subject.type, id: subject.id, organisationId },
    permission: action.name,
    what: whatOf(organisationId, resource, `${field}.resource`),
    facts: readFacts(
      context,
      { kind: subject.type, permission: action.name, nowMs: clock.nowMs(), contexts },
      `${field}.context`,
    ),
  }
}

/** Another organisation as a whole is refused by the boundary, as everything of it is. */
export function whatOf(organisationId: string, { type, id, properties }: Evaluation['resource'], field: string): What {
  if (properties?.dataClass !== undefined && typeof properties.dataClass !== 'string')
    throw invalid(`${field}.properties.dataClass`, 'is no String')
  const attributes = properties === undefined ? {} : { attributes: readProperties(properties, `${field}.properties`) }
  if (type === wholeOrganisation) {
    const which = id === 'self' ? organisationId : id
    return { type: null, id: which, organisationId: which, ...attributes }
  }
  return { type, id, organisationId, ...attributes }
}
