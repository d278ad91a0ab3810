import type { KeptUploads, UploadQuery } from '@custodia/wire/http/uploads.ts'
import { infiniteQueryOptions } from '@tanstack/react-query'
import { request } from '../api/request.ts'

const path = '/v1/organisation/uploads'
export const uploadPath = (id: string) => `${path}/${encodeURIComponent(id)}`

export type UploadFilter = NonNullable<UploadQuery['state']>

export const uploadsQuery = (state: UploadFilter | null) =>
  infiniteQueryOptions({
    queryKey: ['uploads', state],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => {
      const search = new URLSearchParams({
        ...(state === null ? {} : { state }),
        ...(pageParam === null ? {} : { cursor: pageParam }),
      })
      return request<KeptUploads>('GET', `${path}?${search}`, undefined, signal)
    },
    getNextPageParam: ({ next }) => next,
  })

/** What any act here may have changed. */
export const allUploads = { queryKey: ['uploads'] } as const
