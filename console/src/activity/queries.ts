import type { Activity } from '@custodia/wire/http/activity.ts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../api/request.ts'

const pageSize = 20

const listOf = (path: string, cursor: string | null, signal: AbortSignal) =>
  request<Activity>('GET', withQuery(path, { cursor, limit: pageSize }), undefined, signal)

export const ownActivityQuery = infiniteQueryOptions({
  queryKey: ['activity'],
  queryFn: ({ pageParam, signal }) => listOf('/v1/me/activity', pageParam, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
})

/** Each look is recorded in the ledger, so nothing asks a second time by itself. */
export const activityOfQuery = (userId: string) =>
  infiniteQueryOptions({
    queryKey: ['activity', userId],
    queryFn: ({ pageParam, signal }) => listOf(`/v1/users/${encodeURIComponent(userId)}/activity`, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: 30_000,
  })
