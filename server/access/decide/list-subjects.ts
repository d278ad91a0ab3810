import type { Database } from '../../platform/database/database.ts'
import { refuse } from '../errors.ts'
import type { GrantsRoom } from '../grants/create-grants.ts'
import type { RoleTable } from '../grants/grants.ts'
import { readActiveServiceAccounts, readGroupsUnder, readHolders } from '../grants/holder-store.ts'
import type { LiveSource } from '../policies/api.ts'
import { mayPermit } from '../policies/scope.ts'
import type { Named, Page, Relations } from '../relations/api.ts'
import type { Cursors } from '../relations/cursor.ts'
import { everyone } from '../relations/model.ts'
import { fillPage, inTurn } from '../relations/pages.ts'
import { circumstancesOf } from './circumstances.ts'
import type { DecisionPoint } from './decision-point.ts'
import type { Slice } from './list.ts'
import { isAllowed, maxChecked } from './list.ts'
import type { Question, Who } from './question.ts'

export type SubjectNeeds = {
  readonly point: DecisionPoint
  readonly relations: Pick<Relations, 'named'>
  readonly policies: LiveSource
  readonly grants: Pick<GrantsRoom, 'roleTable' | 'parts'>
  readonly database: Pick<Database, 'queries'>
  readonly cursors: Cursors
  /** Which of these may act in the organisation. */
  readonly areKnown: (ids: readonly string[]) => Promise<(id: string) => boolean>
}

type Asked = Omit<Question, 'who'> & { readonly organisationId: string; readonly kind: Who['kind'] }

/** People, service accounts or applications that may be meant, in order, after the one that is given. */
type Source = (after: string, limit: number) => Promise<readonly string[]>

/** Groups and roles that the relations of one resource name. */
const maxNamed = 1_000

/**
 * Who of a kind may do this: by a role, a relation, a policy, by themselves or by groups. Candidates are whom relations name, whoever stands
 * in a role or group that gives it, and, where everyone may be meant, everybody there is; each is put through the one decision, so that what
 * is listed is what a check allows. A page may be short, even empty, where `next` is there.
 *
 * @throws Refusal ACCESS_CURSOR_INVALID; ACCESS_RELATIONS_TOO_DEEP or ACCESS_RELATIONS_TOO_WIDE where more is shared than can be looked at.
 */
export async function listSubjects(needs: SubjectNeeds, asked: Asked, { cursor, limit }: Slice): Promise<Page<string>> {
  const { organisationId, kind, permission, what, facts } = asked
  const question = ['decided', kind, permission, what.type, what.id]
  const start = cursor === undefined ? null : await needs.cursors.open(organisationId, question, cursor)
  // Nobody acts in another organisation, and nobody here is told who is there.
  if (what.organisationId !== organisationId) return { items: [], next: null }
  const sources = await sourcesOf(needs, asked)
  const allowed = (id: string) => isAllowed(needs.point, { who: { kind, id, organisationId }, permission, what, facts })
  const page = await fillPage(
    {
      async next(after, size) {
        const found = await Promise.all(sources.map((source) => source(after ?? '', size)))
        return [...new Set(found.flat())].sort().slice(0, size)
      },
      async holding(ids) {
        const isKnown = await needs.areKnown(ids)
        return await inTurn(ids, (id) => id !== everyone && isKnown(id) && allowed(id))
      },
    },
    start,
    limit,
    maxChecked,
  )
  const next = page.next === null ? null : await needs.cursors.seal(organisationId, question, page.next)
  return { items: page.items, next }
}

async function sourcesOf(needs: SubjectNeeds, asked: Asked): Promise<readonly Source[]> {
  const { organisationId, kind, permission, what, facts } = asked
  const { relations, grants, policies, database } = needs
  const now = new Date(facts.nowMs)
  const named = await relations.named({
    organisationId,
    resource: { type: what.type ?? '', id: what.id },
    wanted: { permission },
    circumstances: circumstancesOf(facts),
  })
  const sharedWith = (of: 'group' | 'role') => everyOne(named, of, what.type ?? '')
  const [table, live] = [await grants.roleTable(organisationId), await policies.live(organisationId)]
  const roles = rolesBringing(table, permission, await sharedWith('role'))
  const groups = await readGroupsUnder(
    database.queries,
    organisationId,
    { roles, groups: await sharedWith('group') },
    now,
  )
  const sources: Source[] = [
    (after, limit) => named.next(kind, after, limit),
    (after, limit) => readHolders(database.queries, organisationId, { roles, groups, kind }, { after, limit }, now),
  ]
  if (mayPermit(live.policies, permission) || (await named.everyone(kind)))
    sources.push(everybodyOf(needs, organisationId, kind))
  return sources
}

/** @throws Refusal ACCESS_RELATIONS_TOO_WIDE */
async function everyOne(named: Named, kind: 'group' | 'role', type: string): Promise<readonly string[]> {
  const found = await named.next(kind, null, maxNamed + 1)
  if (found.length > maxNamed) throw refuse('ACCESS_RELATIONS_TOO_WIDE', { type })
  return found
}

/** Roles by which one comes to the permission, or to a role that a relation names: whatever includes one of those does as well. */
function rolesBringing({ roles }: RoleTable, permission: string, named: readonly string[]): readonly string[] {
  const start = new Set(named)
  for (const { name, ownPermissions } of roles.values()) if (ownPermissions.includes(permission)) start.add(name)
  const above = [...roles.values()].filter(({ closure }) => closure.some((name) => start.has(name)))
  // A name that stands for nothing may be assigned, and named, all the same.
  return [...new Set([...start, ...above.map(({ name }) => name)])]
}

/** Of applications no list is kept: those are found by relations and roles alone. */
function everybodyOf({ grants, database }: SubjectNeeds, organisationId: string, kind: Who['kind']): Source {
  if (kind === 'service')
    return (after, limit) => readActiveServiceAccounts(database.queries, organisationId, { after, limit })
  if (kind === 'application') return async () => []
  return async (after, limit) =>
    (await grants.parts.directory()?.active(database.queries, organisationId, after, limit)) ?? []
}
