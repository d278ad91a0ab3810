import type { Standing } from '@custodia/wire/http/access.ts'
import type { FoundActions, FoundResources, FoundSubjects } from '@custodia/wire/http/authzen.ts'
import type { Explain, Explained } from '@custodia/wire/http/relations.ts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../api/request.ts'
import type { Asked, SubjectKind } from './why-path.ts'

/** Looked at anew each time that it is asked for: what is allowed changes. */
const now = { staleTime: 0, refetchOnWindowFocus: false } as const

/** The organisation as a whole, as the API names it. */
const whole = { type: 'organisation', id: 'self' } as const

type Page = { readonly page: { readonly next_token: string } }

const found = <Found extends Page>(kind: 'action' | 'resource' | 'subject', body: object) =>
  infiniteQueryOptions({
    queryKey: ['access', kind, body],
    queryFn: ({ pageParam, signal }) =>
      request<Found>(
        'POST',
        `/access/v1/search/${kind}`,
        { ...body, page: { limit: 100, ...(pageParam === null ? {} : { token: pageParam }) } },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ page }) => (page.next_token === '' ? null : page.next_token),
    ...now,
  })

export const actionsQuery = ({ subject, resource }: Pick<Asked, 'subject' | 'resource'>) =>
  found<FoundActions>('action', { subject, resource: resource ?? whole })

export const resourcesQuery = (subject: Asked['subject'], permission: string, type: string) =>
  found<FoundResources>('resource', { subject, action: { name: permission }, resource: { type } })

export const subjectsQuery = (kind: SubjectKind, permission: string, resource: Asked['resource']) =>
  found<FoundSubjects>('subject', {
    subject: { type: kind },
    action: { name: permission },
    resource: resource ?? whole,
  })

export const explainQuery = ({ subject, permission, resource }: Asked) =>
  queryOptions({
    queryKey: ['access', 'explain', subject, permission, resource],
    queryFn: ({ signal }) =>
      request<Explained>(
        'POST',
        '/v1/access/explain',
        { subject, permission, resource: resource ?? whole } satisfies Explain,
        signal,
      ),
    ...now,
  })

export const standingQuery = (subject: string) =>
  queryOptions({
    queryKey: ['assignments', 'standing', subject],
    queryFn: ({ signal }) => request<Standing>('GET', withQuery('/v1/standing', { subject }), undefined, signal),
    ...now,
  })
