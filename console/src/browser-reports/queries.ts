import type { BrowserPolicies, BrowserPolicy, BrowserReports } from '@custodia/wire/http/browser.ts'
import { queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

export const reportsQuery = queryOptions({
  queryKey: ['browser', 'reports'],
  queryFn: ({ signal }) => request<BrowserReports>('GET', '/v1/browser-reports', undefined, signal),
})

export const browserPoliciesQuery = queryOptions({
  queryKey: ['browser', 'policies'],
  queryFn: ({ signal }) => request<BrowserPolicies>('GET', '/v1/browser-policies', undefined, signal),
})

export const browserPolicyQuery = (application: string) =>
  queryOptions({
    queryKey: ['browser', 'policies', application],
    queryFn: ({ signal }) => request<BrowserPolicy>('GET', `/v1/browser-policies/${application}`, undefined, signal),
    // A list that somebody ticks must not change under their hand.
    refetchOnWindowFocus: false,
  })
