import type { Attempt, Endpoint } from '@custodia/wire/http/webhooks.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { told } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Confirm, Sheet } from '../parts/overlay.tsx'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { DeliveryList } from './delivery-list.tsx'
import { allWebhooks, endpointPath } from './queries.ts'
import { RotateEndpoint } from './rotate-endpoint.tsx'
import { SecretOnce } from './secret-once.tsx'

/** One endpoint beside the list: how it fares, what it was sent, and what can be done. */
export function EndpointSheet(props: { endpoint: Endpoint; mayWrite: boolean; onClose: () => void }) {
  const { endpoint } = props
  const [secret, setSecret] = useState<string | null>(null)
  return (
    <Sheet onClose={props.onClose} title={endpoint.description === '' ? webhookTexts.title : endpoint.description}>
      <div className="space-y-8 px-6 pt-2 pb-10">
        <State endpoint={endpoint} />
        {props.mayWrite && <Acts endpoint={endpoint} onGone={props.onClose} onSecret={setSecret} />}
        <DeliveryList endpoint={endpoint} mayWrite={props.mayWrite} />
      </div>
      {secret !== null && <SecretOnce secret={secret} onClose={() => setSecret(null)} />}
    </Sheet>
  )
}

function State({ endpoint }: { endpoint: Endpoint }) {
  const { disabledAt, disabledWhy, restsUntil, overlapUntil, failures } = endpoint
  const why = webhookTexts.offWhy[disabledWhy as keyof typeof webhookTexts.offWhy]
  return (
    <div className="space-y-2">
      {disabledAt !== null && (
        <p>
          <Badge tone="warn">{webhookTexts.off}</Badge> {why} <Moment at={disabledAt} className="text-muted" />
        </p>
      )}
      {disabledAt === null && failures > 0 && <Badge tone="warn">{webhookTexts.failing(failures)}</Badge>}
      {disabledAt === null && restsUntil !== null && (
        <p className="text-muted">
          {webhookTexts.rests} <Moment at={restsUntil} />
        </p>
      )}
      <p className="break-all">{endpoint.url}</p>
      <p className="font-mono text-[12.5px] break-words text-muted">
        {endpoint.events === null ? webhookTexts.all : endpoint.events.join(', ')}
      </p>
      {endpoint.personal && <Badge tone="accent">{webhookTexts.personal}</Badge>}
      {overlapUntil !== null && (
        <p className="text-[13px] text-muted">
          {webhookTexts.overlap} <Moment at={overlapUntil} />
        </p>
      )}
      <Code text={endpoint.id} label={webhookTexts.copyId} />
    </div>
  )
}

type Doing = 'off' | 'remove' | 'rotate' | null

function Acts(props: { endpoint: Endpoint; onGone: () => void; onSecret: (secret: string) => void }) {
  const { endpoint } = props
  const queryClient = useQueryClient()
  const [doing, setDoing] = useState<Doing>(null)
  const path = endpointPath(endpoint.id)
  const done = async () => {
    setDoing(null)
    await queryClient.invalidateQueries(allWebhooks)
  }
  const test = useMutation({ mutationFn: () => request<Attempt>('POST', `${path}/test`), onSettled: done })
  const turn = useMutation({
    mutationFn: (enabled: boolean) => request('PATCH', path, { enabled }),
    onSuccess: done,
  })
  const off = endpoint.disabledAt !== null
  const problem = told(test.error ?? (doing === null ? turn.error : null))
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap gap-2">
        {!off && (
          <Button busy={test.isPending} onClick={() => test.mutate()}>
            {webhookTexts.test}
          </Button>
        )}
        <Button onClick={() => setDoing('rotate')}>{webhookTexts.rotate}</Button>
        <Button busy={turn.isPending} onClick={() => (off ? turn.mutate(true) : setDoing('off'))}>
          {off ? webhookTexts.switchOn : webhookTexts.switchOff}
        </Button>
        <Button look="grave" onClick={() => setDoing('remove')}>
          {webhookTexts.remove}
        </Button>
      </div>
      {test.data !== undefined && <TestOutcome attempt={test.data} />}
      {problem !== null && <ProblemNotice problem={problem} />}
      {doing === 'off' && (
        <Confirm
          onClose={() => setDoing(null)}
          title={webhookTexts.switchOffTitle}
          verb={webhookTexts.switchOff}
          act={{ isPending: turn.isPending, error: told(turn.error), mutate: () => turn.mutate(false) }}
        >
          {webhookTexts.switchOffWhat}
        </Confirm>
      )}
      {doing === 'remove' && (
        <ConfirmDelete
          path={path}
          changed={allWebhooks.queryKey}
          title={webhookTexts.removeTitle}
          verb={webhookTexts.remove}
          onClose={() => setDoing(null)}
          onGone={props.onGone}
        >
          {webhookTexts.removeWhat}
        </ConfirmDelete>
      )}
      {doing === 'rotate' && (
        <RotateEndpoint endpoint={endpoint} onClose={() => setDoing(null)} onRotated={props.onSecret} />
      )}
    </div>
  )
}

function TestOutcome({ attempt: { outcome, status, durationMs } }: { attempt: Attempt }) {
  const said = webhookTexts.outcomes[outcome] ?? outcome
  return (
    <Notice kind={outcome === 'delivered' ? 'good' : 'bad'} title={webhookTexts.tested(said)}>
      {status !== null && `${status} · `}
      {webhookTexts.took(durationMs)}
    </Notice>
  )
}
