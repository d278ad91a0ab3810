import type { ConsistencyProof } from '@custodia/wire/http/ledger.ts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { checkpointQuery, verifierQuery } from '../api/queries.ts'
import { request, withQuery } from '../api/request.ts'
import { checkHead } from './check-head.ts'
import { recall, remember } from './remembered.ts'

export const askConsistency = (from: number, to: number) =>
  request<ConsistencyProof>('GET', withQuery('/v1/ledger/consistency', { from, to }))

/** Checks the newest checkpoint against what this browser remembers, and remembers it where it holds. */
export function useHead() {
  const queryClient = useQueryClient()
  return useQuery({
    queryKey: ['ledger', 'head'],
    queryFn: async () => {
      const [note, verifier] = await Promise.all([
        queryClient.fetchQuery(checkpointQuery),
        queryClient.fetchQuery(verifierQuery),
      ])
      const remembered = recall(window.localStorage)
      const head = await checkHead(note, verifier.key, remembered, askConsistency)
      if (head.keep !== null) remember(window.localStorage, { ...head.keep, seenAt: new Date().toISOString() })
      return { head, note, key: verifier.key, rememberedAt: remembered?.seenAt ?? null }
    },
  })
}
