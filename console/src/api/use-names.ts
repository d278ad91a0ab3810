import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { meQuery, usersQuery } from './queries.ts'

/**
 * Names of people by their id: of those on the first page of the list of people, and of nobody where that may not be read. Whoever is not
 * among them is shown by their id.
 */
export function useNames(): ReadonlyMap<string, string> {
  const { data: me } = useSuspenseQuery(meQuery)
  const users = useInfiniteQuery({ ...usersQuery(''), enabled: me.permissions.includes('identity:users:read') })
  return new Map([
    ...(users.data?.pages.flatMap(({ items }) => items.map(({ id, name }) => [id, name] as const)) ?? []),
    [me.user.id, me.user.name],
  ])
}
