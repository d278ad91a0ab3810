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
