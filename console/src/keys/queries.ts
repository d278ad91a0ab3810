import type { ApiKeys } from '@custodia/wire/http/keys.ts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => request<ApiKeys>('GET', '/v1/keys', undefined, signal),
})

export const keysOfQuery = (userId: string) =>
  queryOptions({
    queryKey: ['users', userId, 'keys'],
    queryFn: ({ signal }) => request<ApiKeys>('GET', `/v1/users/${encodeURIComponent(userId)}/keys`, undefined, signal),
  })
