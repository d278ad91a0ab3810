import type { Attempt, Factors, Freshness, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Applications } from '@custodia/wire/http/gateway.ts'
import type { Me, Users } from '@custodia/wire/http/identity.ts'
import type { LedgerEntries, LedgerVerifier } from '@custodia/wire/http/ledger.ts'
import type { Mailbox } from '@custodia/wire/http/mail.ts'
import type { Sessions } from '@custodia/wire/http/sessions.ts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request, requestText, withQuery } from './request.ts'

/** A role that can be given: `GET /v1/roles`. */
export type Role = { name: string; summary: string; permissions: string[] }

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => request<Me>('GET', '/v1/me', undefined, signal),
  staleTime: 60_000,
})

/** The sign-in under way, which this browser's cookie speaks for. */
export const attemptQuery = queryOptions({
  queryKey: ['attempt'],
  queryFn: ({ signal }) => request<Attempt>('GET', '/v1/sign-in', undefined, signal),
  // A form must not change under the person who fills it.
  staleTime: Number.POSITIVE_INFINITY,
})

/** By what the session can be confirmed. */
export const freshnessQuery = queryOptions({
  queryKey: ['fresh'],
  queryFn: ({ signal }) => request<Freshness>('GET', '/v1/me/fresh', undefined, signal),
  staleTime: 0,
  gcTime: 0,
  refetchOnWindowFocus: false,
})

export const factorsQuery = queryOptions({
  queryKey: ['factors'],
  queryFn: ({ signal }) => request<Factors>('GET', '/v1/me/factors', undefined, signal),
})

export const signInPolicyQuery = queryOptions({
  queryKey: ['policies', 'sign-in'],
  queryFn: ({ signal }) => request<SignInPolicy>('GET', '/v1/policies/sign-in', undefined, signal),
  // A form must not change under the person who fills it.
  staleTime: Number.POSITIVE_INFINITY,
})

export const applicationsQuery = queryOptions({
  queryKey: ['applications'],
  queryFn: ({ signal }) => request<Applications>('GET', '/v1/applications', undefined, signal),
  staleTime: 60_000,
})

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => request<Sessions>('GET', '/v1/sessions', undefined, signal),
})

export const sessionsOfQuery = (userId: string) =>
  queryOptions({
    queryKey: ['users', userId, 'sessions'],
    queryFn: ({ signal }) =>
      request<Sessions>('GET', `/v1/users/${encodeURIComponent(userId)}/sessions`, undefined, signal),
  })

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => request<{ items: Role[] }>('GET', '/v1/roles', undefined, signal),
  staleTime: 300_000,
})

export const usersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['users', { search }],
    queryFn: ({ pageParam, signal }) =>
      request<Users>('GET', withQuery('/v1/users', { search, cursor: pageParam, limit: 50 }), undefined, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })

export type LedgerFilter = {
  type?: string
  actor?: string
  subject?: string
  since?: string
  until?: string
  /** Opens the personal fields: needs `ledger:personal`. */
  personal?: true
}

/** Each look into the ledger is itself recorded there, so nothing asks a second time by itself. */
const askedOnce = { refetchOnWindowFocus: false, refetchOnReconnect: false, staleTime: 30_000 } as const

export const ledgerQuery = ({ personal, ...filter }: LedgerFilter) =>
  infiniteQueryOptions({
    queryKey: ['ledger', 'entries', filter, personal],
    queryFn: ({ pageParam, signal }) =>
      request<LedgerEntries>(
        'GET',
        withQuery(personal ? '/v1/ledger/personal-entries' : '/v1/ledger/entries', {
          ...filter,
          cursor: pageParam,
          limit: 50,
        }),
        undefined,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    ...askedOnce,
  })

export const recentQuery = queryOptions({
  queryKey: ['ledger', 'recent'],
  queryFn: ({ signal }) =>
    request<LedgerEntries>('GET', withQuery('/v1/ledger/entries', { limit: 30 }), undefined, signal),
  ...askedOnce,
})

export const mailboxQuery = queryOptions({
  queryKey: ['mailbox'],
  queryFn: ({ signal }) => request<Mailbox>('GET', '/v1/mailbox', undefined, signal),
  ...askedOnce,
  staleTime: 0,
})

export const verifierQuery = queryOptions({
  queryKey: ['ledger', 'verifier'],
  queryFn: ({ signal }) => request<LedgerVerifier>('GET', '/v1/ledger/verifier', undefined, signal),
  staleTime: 300_000,
})

export const checkpointQuery = queryOptions({
  queryKey: ['ledger', 'checkpoint'],
  queryFn: ({ signal }) => requestText('/ledger/checkpoint', signal),
})
