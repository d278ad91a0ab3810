import type {
  Approvals,
  Assignment,
  Group,
  Memberships,
  Review,
  ReviewItems,
  Role,
  ServiceAccount,
} from '@custodia/wire/http/access.ts'
import type { User } from '@custodia/wire/http/identity.ts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../api/request.ts'

type Slice<Item> = { readonly items: readonly Item[]; readonly next: string | null }
type Query = Readonly<Record<string, string | number | null>>

const pageSize = 200
/** Lists that are chosen from are read whole up to here: the bound of roles, a fifth of that of groups. */
const maxPages = 5

/** A list that is needed whole, page by page; at most 1,000 of it. */
async function whole<Item>(path: string, query: Query, signal: AbortSignal): Promise<readonly Item[]> {
  const items: Item[] = []
  let cursor: string | null = null
  for (let page = 0; page < maxPages; page++) {
    const slice: Slice<Item> = await request(
      'GET',
      withQuery(path, { ...query, cursor, limit: pageSize }),
      undefined,
      signal,
    )
    items.push(...slice.items)
    cursor = slice.next
    if (cursor === null) break
  }
  return items
}

const listOf = <Item>(key: readonly string[], path: string, query: Query = {}) =>
  queryOptions({
    queryKey: key,
    queryFn: ({ signal }) => whole<Item>(path, query, signal),
    staleTime: 30_000,
  })

export const allRolesQuery = listOf<Role>(['roles', 'all'], '/v1/roles')
export const groupsQuery = listOf<Group>(['groups', 'all'], '/v1/groups')
export const serviceAccountsQuery = listOf<ServiceAccount>(['service-accounts'], '/v1/service-accounts')
export const reviewsQuery = listOf<Review>(['reviews', 'all'], '/v1/reviews')
/** Whose names are known. Of an organisation of more than 1,000 the others are shown by their identifier. */
export const knownPeopleQuery = listOf<User>(['users', 'known'], '/v1/users')

export const assignmentsOfQuery = (subject: string) =>
  listOf<Assignment>(['assignments', 'of', subject], '/v1/assignments', { subject })
export const holdersQuery = (role: string) =>
  infiniteQueryOptions({
    queryKey: ['assignments', 'role', role],
    queryFn: ({ pageParam, signal }) =>
      request<Slice<Assignment>>(
        'GET',
        withQuery('/v1/assignments', { role, cursor: pageParam, limit: 50 }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const membersQuery = (groupId: string) =>
  infiniteQueryOptions({
    queryKey: ['groups', groupId, 'members'],
    queryFn: ({ pageParam, signal }) =>
      request<Memberships>(
        'GET',
        withQuery(`/v1/groups/${encodeURIComponent(groupId)}/members`, { cursor: pageParam, limit: 100 }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const approvalsQuery = (waiting: boolean) =>
  infiniteQueryOptions({
    queryKey: ['approvals', waiting],
    queryFn: ({ pageParam, signal }) =>
      request<Approvals>(
        'GET',
        withQuery('/v1/approvals', { waiting: waiting ? 'true' : null, cursor: pageParam, limit: 100 }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export const reviewItemsQuery = (reviewId: string) =>
  infiniteQueryOptions({
    queryKey: ['reviews', reviewId, 'items'],
    queryFn: ({ pageParam, signal }) =>
      request<ReviewItems>(
        'GET',
        withQuery(`/v1/reviews/${encodeURIComponent(reviewId)}/items`, { cursor: pageParam, limit: 200 }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
