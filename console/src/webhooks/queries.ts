import type { Deliveries, DeliveryState, DeliveryWithAttempts, Endpoints } from '@custodia/wire/http/webhooks.ts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

const path = '/v1/webhooks/endpoints'
export const endpointPath = (id: string) => `${path}/${encodeURIComponent(id)}`
export const deliveryPath = (id: string) => `/v1/webhooks/deliveries/${encodeURIComponent(id)}`

export const endpointsQuery = queryOptions({
  queryKey: ['webhooks', 'endpoints'],
  queryFn: ({ signal }) => request<Endpoints>('GET', path, undefined, signal),
})

export const deliveriesQuery = (endpoint: string, state: DeliveryState | null) =>
  infiniteQueryOptions({
    queryKey: ['webhooks', 'deliveries', endpoint, state],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => {
      const search = new URLSearchParams({
        endpoint,
        ...(state === null ? {} : { state }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      })
      return request<Deliveries>('GET', `/v1/webhooks/deliveries?${search}`, undefined, signal)
    },
    getNextPageParam: ({ next }) => next,
  })

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', 'delivery', id],
    queryFn: ({ signal }) => request<DeliveryWithAttempts>('GET', deliveryPath(id), undefined, signal),
  })

/** What any act here may have changed. */
export const allWebhooks = { queryKey: ['webhooks'] } as const
