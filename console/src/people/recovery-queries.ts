import type { RecoveriesUnderWay } from '@custodia/wire/http/recovery.ts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

/** What is under way in the organisation: changes with what others do, and by itself. */
export const recoveriesQuery = queryOptions({
  queryKey: ['recoveries'],
  queryFn: ({ signal }) => request<RecoveriesUnderWay>('GET', '/v1/recoveries', undefined, signal),
  refetchInterval: 60_000,
})

export const recoveryPath = (userId: string): string => `/v1/users/${encodeURIComponent(userId)}/recovery`
