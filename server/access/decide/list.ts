import { isRefusal } from '../../platform/errors.ts'
import type { Grants } from '../grants/grants.ts'
import type { LiveSource } from '../policies/api.ts'
import { mayPermit } from '../policies/scope.ts'
import type { Page, Relations } from '../relations/api.ts'
import type { Cursors } from '../relations/cursor.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { fillPage, inTurn } from '../relations/pages.ts'
import { circumstancesOf } from './circumstances.ts'
import type { DecisionPoint } from './decision-point.ts'
import type { Facts, Question, Who } from './question.ts'

export type ListNeeds = {
  readonly point: DecisionPoint
  readonly relations: Relations
  readonly types: ResourceTypes
  readonly grants: Grants
  readonly policies: LiveSource
  readonly cursors: Cursors
}

/** Candidates that one page puts through the decision. */
export const maxChecked = 500

export type Slice = { readonly cursor?: string; readonly limit: number }

/** Whose rights are asked for, and to do what. */
type Wish = { readonly who: Who; readonly permission: string; readonly facts: Facts }

/**
 * Resources of a type that somebody may do this with. Candidates come from the relations, by index, and each is put through the one
 * decision: what is listed is what a check allows. Where a policy of the organisation's own may permit it, every resource that relations
 * name is a candidate.
 *
 * @returns `everything` true where they may do it with every resource of the type, named by a relation or not: then only those that
 * relations name to them are listed, since Custodia knows no others.
 */
export async function listResources(
  needs: ListNeeds,
  wish: Wish,
  type: string,
  slice: Slice,
): Promise<Page<string> & { readonly everything: boolean }> {
  const { point, types, policies } = needs
  const { who, permission, facts } = wish
  const { organisationId } = who
  if (!types.has(type)) return { items: [], next: null, everything: false }
  const whole: Question = { who, permission, what: { type: null, id: organisationId, organisationId }, facts }
  const everything = (await point.check(whole, { log: false })).allowed
  const wide = !everything && mayPermit((await policies.live(organisationId)).policies, permission)
  const page = await (wide ? allKnown(needs, wish, type, slice) : namedTo(needs, wish, type, slice))
  return { ...page, everything }
}

/** What relations name to somebody, as far as it is allowed. */
async function namedTo(
  { point, relations, grants }: ListNeeds,
  { who, permission, facts }: Wish,
  type: string,
  slice: Slice,
): Promise<Page<string>> {
  const { organisationId } = who
  const page = await relations.listResources({
    organisationId,
    subject: { type: who.kind, id: who.id },
    standing: await grants.standingOf(organisationId, who.id),
    type,
    wanted: { permission },
    circumstances: circumstancesOf(facts),
    ...slice,
  })
  const allowed = await inTurn(page.items, (id) =>
    isAllowed(point, { who, permission, what: { type, id, organisationId }, facts }),
  )
  return { items: page.items.filter((_id, at) => allowed[at]), next: page.next }
}

/** What relations name at all, as far as it is allowed. */
async function allKnown(
  { point, relations, cursors }: ListNeeds,
  { who, permission, facts }: Wish,
  type: string,
  { cursor, limit }: Slice,
): Promise<Page<string>> {
  const { organisationId } = who
  const question = ['known', who.kind, who.id, permission, type]
  const start = cursor === undefined ? null : await cursors.open(organisationId, question, cursor)
  const candidates = {
    next: (after: string | null, size: number) => relations.known(organisationId, type, after, size),
    holding: (ids: readonly string[]) =>
      inTurn(ids, (id) => isAllowed(point, { who, permission, what: { type, id, organisationId }, facts })),
  }
  const page = await fillPage(candidates, start, limit, maxChecked)
  return {
    items: page.items,
    next: page.next === null ? null : await cursors.seal(organisationId, question, page.next),
  }
}

/** For lists: nothing of it is logged, and what can't be decided is not allowed. */
export async function isAllowed(point: DecisionPoint, question: Question): Promise<boolean> {
  try {
    return (await point.check(question, { log: false })).allowed
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
}
