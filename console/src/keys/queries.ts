import type { ApiKeys } from '@custodia/wire/http/keys.ts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

/** Where one's own are. */
export const ownKeys = '/v1/keys'
export const keysOfService = (accountId: string) => `/v1/service-accounts/${encodeURIComponent(accountId)}/keys`
const keysOfPerson = (userId: string) => `/v1/users/${encodeURIComponent(userId)}/keys`

/** @param path where they are listed, and made. */
export const keysAtQuery = (path: string) =>
  queryOptions({
    queryKey: ['keys', path],
    queryFn: ({ signal }) => request<ApiKeys>('GET', path, undefined, signal),
  })

export const keysOfQuery = (userId: string) => keysAtQuery(keysOfPerson(userId))
