import type { Endpoint, EndpointSecret } from '@custodia/wire/http/webhooks.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { allWebhooks, endpointPath } from './queries.ts'

const day = 86_400
const choices = [0, 3600, day, 7 * day] as const

/** Gives an endpoint a new secret, and lets both sign for as long as was chosen. */
export function RotateEndpoint(props: {
  endpoint: Endpoint
  onClose: () => void
  onRotated: (secret: string) => void
}) {
  const queryClient = useQueryClient()
  const rotate = useMutation({
    mutationFn: (overlapSeconds: number) =>
      request<EndpointSecret>('POST', `${endpointPath(props.endpoint.id)}/rotate`, { overlapSeconds }),
    gcTime: 0,
    onSuccess: async ({ secret }) => {
      props.onClose()
      props.onRotated(secret)
      await queryClient.invalidateQueries(allWebhooks)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    rotate.mutate(Number(new FormData(event.currentTarget).get('overlap')))
  }
  const problem = told(rotate.error)
  return (
    <Window onClose={props.onClose} title={webhookTexts.rotateTitle} description={webhookTexts.rotateWhat}>
      <form onSubmit={submit} className="space-y-4">
        <Select label={webhookTexts.overlapChoice} name="overlap" defaultValue={day}>
          {choices.map((seconds) => (
            <option key={seconds} value={seconds}>
              {webhookTexts.overlaps[seconds as keyof typeof webhookTexts.overlaps]}
            </option>
          ))}
        </Select>
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={rotate.isPending}>
            {webhookTexts.rotateVerb}
          </Button>
        </div>
      </form>
    </Window>
  )
}
