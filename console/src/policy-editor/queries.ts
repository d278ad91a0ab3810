import type {
  PolicyDiffs,
  PolicyVersion,
  PolicyVersions,
  TestedPolicies,
  WholePolicyVersion,
} from '@custodia/wire/http/policies.ts'
import type { QueryClient } from '@tanstack/react-query'
import { queryOptions, skipToken } from '@tanstack/react-query'
import { request, withQuery } from '../api/request.ts'

/** An organisation keeps at most 200 versions beside those that were live. */
const mostPages = 10

/** All versions, newest first: which one is live, and to which one can roll back, is among them. */
export const versionsQuery = queryOptions({
  queryKey: ['own-policies', 'versions'],
  queryFn: async ({ signal }) => {
    const items: PolicyVersion[] = []
    let cursor: string | null = null
    for (let page = 0; page < mostPages; page++) {
      const path = withQuery('/v1/policies', { cursor, limit: 100 })
      const found: PolicyVersions = await request<PolicyVersions>('GET', path, undefined, signal)
      items.push(...found.items)
      cursor = found.next
      if (cursor === null) break
    }
    return items
  },
})

export const versionQuery = (version: number) =>
  queryOptions({
    queryKey: ['own-policies', 'version', version],
    queryFn: ({ signal }) => request<WholePolicyVersion>('GET', `/v1/policies/${version}`, undefined, signal),
  })

/** Texts never change, so neither does what differs between them. @param from 0 for no policies; so is `to`. */
export const diffQuery = (from: number, to: number) =>
  queryOptions({
    queryKey: ['policy-diff', from, to],
    queryFn: ({ signal }) =>
      request<PolicyDiffs>('GET', withQuery('/v1/policies/diff', { from, to }), undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What the last test of a version said in this browser. It is never asked for by itself: it takes a worker of the server. */
export const testedQuery = (version: number) =>
  queryOptions<TestedPolicies>({ queryKey: ['policy-findings', version], queryFn: skipToken })

/** After a step of a version: its state and that of others are other ones. */
export const forgetVersions = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({ queryKey: ['own-policies'] })

/** The version that is live; 0 for none. */
export const liveOf = (versions: readonly PolicyVersion[]): number =>
  versions.find(({ state }) => state === 'live')?.number ?? 0
