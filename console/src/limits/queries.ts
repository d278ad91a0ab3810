import type { LimitEntries, LimitedNow, LimitPolicies } from '@custodia/wire/http/limits.ts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

const listOf = <List>(name: string) =>
  queryOptions({
    queryKey: ['limits', name],
    queryFn: ({ signal }) => request<List>('GET', `/v1/limits/${name}`, undefined, signal),
  })

export const policiesQuery = listOf<LimitPolicies>('policies')
export const entriesQuery = listOf<LimitEntries>('entries')
/** Looked at again by itself: an attack does not wait for somebody to reload the page. */
export const limitedQuery = { ...listOf<LimitedNow>('limited'), refetchInterval: 10_000 }

/** What any act here may have changed. */
export const allLimits = { queryKey: ['limits'] } as const
