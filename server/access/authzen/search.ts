import type {
  ActionSearch,
  FoundActions,
  FoundResources,
  FoundSubjects,
  ResourceSearch,
  SubjectSearch,
} from '@custodia/wire/http/authzen.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { listResources } from '../decide/list.ts'
import { listSubjects } from '../decide/list-subjects.ts'
import type { Question } from '../decide/question.ts'
import { refuse } from '../errors.ts'
import { whatOf } from './evaluate.ts'
import { honourTokens } from './freshness.ts'
import { invalid, readFacts, readProperties } from './given.ts'
import { ownerOf, requireOwn, wholeOrganisation } from './own.ts'
import type { Parts } from './parts.ts'
import { knownOf } from './subjects.ts'

const usualLimit = 100

type Asked = Pick<ActionSearch, 'context'> & {
  readonly subject: { readonly type: Question['who']['kind']; readonly id: string; readonly properties?: object }
  readonly resource: { readonly type: string; readonly id: string; readonly properties?: Record<string, unknown> }
}

/** What every search begins with. @throws Refusal as `evaluate`. */
async function begin(parts: Parts, principal: Principal, asked: Asked, permission: string): Promise<Question> {
  const { organisationId } = principal
  const { subject, resource, context } = asked
  if (subject.properties !== undefined) readProperties({ ...subject.properties }, 'body.subject.properties')
  const question: Question = {
    who: { kind: subject.type, id: subject.id, organisationId },
    permission,
    what: whatOf(organisationId, resource, 'body.resource'),
    facts: readFacts(
      context,
      { kind: subject.type, permission, nowMs: parts.clock.nowMs(), contexts: parts.contexts },
      'body.context',
    ),
  }
  await honourTokens(parts, organisationId, [['body.context', context]])
  return question
}

const sliceOf = (page: { token?: string; limit?: number } | undefined) => ({
  limit: page?.limit ?? usualLimit,
  ...(page?.token === undefined ? {} : { cursor: page.token }),
})

async function finish<Result, More extends object>(
  parts: Parts,
  { organisationId }: Principal,
  page: { readonly results: Result[]; readonly next: string | null },
  more: More,
) {
  return {
    page: { next_token: page.next ?? '', count: page.results.length },
    context: { token: await parts.revisions.token(organisationId), ...more },
    results: page.results,
  }
}

/** AuthZEN §8.5. @throws Refusal as `evaluate`, ACCESS_CURSOR_INVALID, ACCESS_RELATIONS_TOO_WIDE */
export async function searchResources(
  parts: Parts,
  principal: Principal,
  body: ResourceSearch,
): Promise<FoundResources> {
  const { subject, action, resource } = body
  requireOwn(principal, { permission: action.name, type: resource.type })
  if (resource.type === wholeOrganisation) throw invalid('body.resource.type', 'is not one that there are several of')
  const asked = { ...body, resource: { ...resource, id: '' } }
  const { who, permission, facts } = await begin(parts, principal, asked, action.name)
  const isKnown = await knownOf(parts, principal.organisationId, [subject])
  if (!isKnown(subject)) return await finish(parts, principal, { results: [], next: null }, { everything: false })
  const found = await listResources(parts, { who, permission, facts }, resource.type, sliceOf(body.page))
  const results = found.items.map((id) => ({ type: resource.type, id }))
  return await finish(parts, principal, { results, next: found.next }, { everything: found.everything })
}

/** AuthZEN §8.4. Throws as `searchResources`. */
export async function searchSubjects(parts: Parts, principal: Principal, body: SubjectSearch): Promise<FoundSubjects> {
  const { subject, action, resource } = body
  requireOwn(principal, { permission: action.name, type: resource.type })
  const asked = { ...body, subject: { ...subject, id: '' } }
  const question = await begin(parts, principal, asked, action.name)
  const { organisationId } = principal
  const named = (id: string) => ({ type: subject.type, id })
  const areKnown = async (ids: readonly string[]) => {
    const isKnown = await knownOf(parts, organisationId, ids.map(named))
    return (id: string) => isKnown(named(id))
  }
  const wanted = { ...question, organisationId, kind: subject.type }
  const { items, next } = await listSubjects({ ...parts, areKnown }, wanted, sliceOf(body.page))
  return await finish(parts, principal, { results: items.map(named), next }, {})
}

/** AuthZEN §8.6: of the permissions that are of the resource's application; of all where it is the organisation. */
export async function searchActions(parts: Parts, principal: Principal, body: ActionSearch): Promise<FoundActions> {
  const { subject, resource, page } = body
  requireOwn(principal, { type: resource.type })
  const application = resource.type === wholeOrganisation && principal.kind !== 'application' ? null : principal.id
  const owner = resource.type === wholeOrganisation ? application : ownerOf(resource.type)
  const names = parts.permissions.filter((name) => owner === null || name.startsWith(`${owner}:`)).sort()
  // The name after which it goes on: there is nothing in it that whoever asks may not know.
  const after = page?.token === undefined ? null : Buffer.from(page.token, 'base64url').toString()
  if (after !== null && !names.includes(after)) throw refuse('ACCESS_CURSOR_INVALID')
  const question = await begin(parts, principal, body, `${owner ?? ''}:`)
  const isKnown = await knownOf(parts, principal.organisationId, [subject])
  const results: { name: string }[] = []
  let last: string | null = null
  for (const name of isKnown(subject) ? names.filter((one) => after === null || one > after) : []) {
    if (results.length === (page?.limit ?? usualLimit)) {
      last = results.at(-1)?.name ?? null
      break
    }
    const { allowed } = await parts.point.check({ ...question, permission: name }, { log: false })
    if (allowed) results.push({ name })
  }
  const next = last === null ? null : Buffer.from(last).toString('base64url')
  return await finish(parts, principal, { results, next }, {})
}
