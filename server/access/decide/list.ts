import type { Grants } from '../grants/grants.ts'
import type { Page, Relations } from '../relations/api.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { circumstancesOf } from './circumstances.ts'
import type { DecisionPoint } from './decision-point.ts'
import type { Facts, Question, What, Who } from './question.ts'

export type ListNeeds = {
  readonly point: DecisionPoint
  readonly relations: Relations
  readonly types: ResourceTypes
  readonly grants: Grants
}

export type Slice = { readonly cursor?: string; readonly limit: number }

/** Whose rights are asked for, and to do what. */
type Wish = { readonly who: Who; readonly permission: string; readonly facts: Facts }

/**
 * Resources of a type that somebody may do this with. Candidates come from the relations, by index, and each is put through the one
 * decision: what is listed is what a check allows.
 *
 * @returns `everything` true where they may do it with every resource of the type, named by a relation or not: then only those that
 * relations name to them are listed, since Custodia knows no others.
 */
export async function listResources(
  { point, relations, types, grants }: ListNeeds,
  { who, permission, facts }: Wish,
  type: string,
  { cursor, limit }: Slice,
): Promise<Page<string> & { readonly everything: boolean }> {
  const { organisationId } = who
  if (!types.has(type)) return { items: [], next: null, everything: false }
  const about = (id: string): What => ({ type, id, organisationId })
  const whole: Question = { who, permission, what: { type: null, id: organisationId, organisationId }, facts }
  const everything = (await point.check(whole, { log: false })).allowed
  const page = await relations.listResources({
    organisationId,
    subject: { type: who.kind, id: who.id },
    standing: await grants.standingOf(organisationId, who.id),
    type,
    wanted: { permission },
    circumstances: circumstancesOf(facts),
    ...(cursor === undefined ? {} : { cursor }),
    limit,
  })
  const items: string[] = []
  for (const id of page.items)
    if ((await point.check({ who, permission, what: about(id), facts }, { log: false })).allowed) items.push(id)
  return { items, next: page.next, everything }
}
