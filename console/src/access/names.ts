import { useQuery } from '@tanstack/react-query'
import { meQuery } from '../api/queries.ts'
import { groupsQuery, knownPeopleQuery, serviceAccountsQuery } from './queries.ts'

/**
 * How people, groups and service accounts are called, for whoever may see them.
 *
 * @returns a function that gives the identifier itself where no name is known.
 */
export function useNames(): (id: string) => string {
  const me = useQuery(meQuery).data
  const may = (permission: string) => me?.permissions.includes(permission) === true
  const people = useQuery({ ...knownPeopleQuery, enabled: may('identity:users:read') })
  const groups = useQuery({ ...groupsQuery, enabled: may('access:groups:read') })
  const services = useQuery({ ...serviceAccountsQuery, enabled: may('access:service-accounts:read') })
  const named = [...(people.data ?? []), ...(groups.data ?? []), ...(services.data ?? [])]
  const names = new Map(named.map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? id
}
