import type { Endpoint, EndpointSecret, RotateSecret } from '@custodia/wire/http/webhooks.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { OverlapWindow } from '../parts/overlap-window.tsx'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { allWebhooks, endpointPath } from './queries.ts'

/** Gives an endpoint a new secret, and lets both sign for as long as was chosen. */
export function RotateEndpoint(props: {
  endpoint: Endpoint
  onClose: () => void
  onRotated: (secret: string) => void
}) {
  const queryClient = useQueryClient()
  const rotate = useMutation({
    mutationFn: (overlapSeconds: number) =>
      request<EndpointSecret>('POST', `${endpointPath(props.endpoint.id)}/rotate`, {
        overlapSeconds,
      } satisfies RotateSecret),
    gcTime: 0,
    onSuccess: async ({ secret }) => {
      props.onClose()
      props.onRotated(secret)
      await queryClient.invalidateQueries(allWebhooks)
    },
  })
  return (
    <OverlapWindow
      title={webhookTexts.rotateTitle}
      description={webhookTexts.rotateWhat}
      label={webhookTexts.overlapChoice}
      overlaps={webhookTexts.overlaps}
      verb={webhookTexts.rotateVerb}
      act={rotate}
      onClose={props.onClose}
    />
  )
}
