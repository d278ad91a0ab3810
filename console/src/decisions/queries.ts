import type { LoggedDecisions } from '@custodia/wire/http/decisions.ts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../api/request.ts'
import type { AddressFilter } from './filter.ts'

/** Each look is recorded in the ledger, so nothing asks a second time by itself. @param filter as the API takes it. */
export const decisionsQuery = (filter: AddressFilter) =>
  infiniteQueryOptions({
    queryKey: ['decisions', filter],
    queryFn: ({ pageParam, signal }) =>
      request<LoggedDecisions>(
        'GET',
        withQuery('/v1/decisions', { ...filter, cursor: pageParam, limit: 50 }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: 30_000,
  })
