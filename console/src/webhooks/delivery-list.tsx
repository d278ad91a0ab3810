import type { Delivery, DeliveryState, Endpoint, Replayed } from '@custodia/wire/http/webhooks.ts'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { told } from '../access/told.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Select } from '../parts/field.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { allWebhooks, deliveriesQuery, deliveryPath, deliveryQuery, endpointPath } from './queries.ts'

const tones = { waiting: 'plain', delivered: 'good', dead: 'bad' } as const

/** What an endpoint was sent, the newest first; each opens to its tries. */
export function DeliveryList({ endpoint, mayWrite }: { endpoint: Endpoint; mayWrite: boolean }) {
  const [state, setState] = useState<DeliveryState | 'all'>('all')
  const list = useInfiniteQuery(deliveriesQuery(endpoint.id, state === 'all' ? null : state))
  const items = list.data?.pages.flatMap((page) => page.items)
  const mayReplay = mayWrite && endpoint.disabledAt === null
  return (
    <Section title={webhookTexts.deliveries}>
      <div className="space-y-3">
        <Select
          label={webhookTexts.only}
          value={state}
          onChange={(event) => setState(event.target.value as DeliveryState | 'all')}
        >
          {Object.entries(webhookTexts.states).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
        {mayReplay && endpoint.dead > 0 && <ReplayAll endpoint={endpoint} />}
        {list.isPending && <Waiting rows={3} />}
        {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
        {items?.length === 0 && <p className="text-muted">{webhookTexts.noDeliveries}</p>}
        {items !== undefined && items.length > 0 && (
          <>
            <ul className="divide-y divide-line rounded-lg border border-line">
              {items.map((delivery) => (
                <Line key={delivery.id} delivery={delivery} mayReplay={mayReplay} />
              ))}
            </ul>
            <LoadMore list={list} shown={items.length} />
          </>
        )}
      </div>
    </Section>
  )
}

function Line({ delivery, mayReplay }: { delivery: Delivery; mayReplay: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <li className="px-4 py-3">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer">
          <span className="font-mono text-[12.5px] break-all">{delivery.type}</span>{' '}
          <Badge tone={tones[delivery.state]}>{webhookTexts.stateNames[delivery.state]}</Badge>
          <span className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
            <Moment at={delivery.createdAt} />
            <span>{webhookTexts.tries(delivery.tries)}</span>
            {delivery.nextTryAt !== null && (
              <span>
                {webhookTexts.next} <Moment at={delivery.nextTryAt} />
              </span>
            )}
          </span>
        </summary>
        {open && <Tries delivery={delivery} />}
        {open && mayReplay && delivery.state !== 'waiting' && <Replay delivery={delivery} />}
      </details>
    </li>
  )
}

function Tries({ delivery }: { delivery: Delivery }) {
  const read = useQuery(deliveryQuery(delivery.id))
  if (read.isPending) return <Waiting rows={1} />
  if (read.error !== null) return <ProblemNotice problem={problemOf(read.error)} retry={() => void read.refetch()} />
  return (
    <ol aria-label={webhookTexts.attempts(delivery.type)} className="mt-2 space-y-1 text-[13px]">
      {read.data.attempts.map(({ number, at, status, outcome, durationMs }) => (
        <li key={number} className="flex flex-wrap gap-x-3">
          <span className="tabular-nums text-muted">{number}</span>
          <Moment at={at} className="text-muted" />
          <span>{webhookTexts.outcomes[outcome] ?? outcome}</span>
          {status !== null && <span className="font-mono">{status}</span>}
          <span className="text-muted">{webhookTexts.took(durationMs)}</span>
        </li>
      ))}
    </ol>
  )
}

function Replay({ delivery }: { delivery: Delivery }) {
  const queryClient = useQueryClient()
  const replay = useMutation({
    mutationFn: () => request('POST', `${deliveryPath(delivery.id)}/replay`),
    onSuccess: () => queryClient.invalidateQueries(allWebhooks),
  })
  const problem = told(replay.error)
  return (
    <div className="mt-3 space-y-2">
      <Button size="small" busy={replay.isPending} onClick={() => replay.mutate()}>
        {webhookTexts.replay}
      </Button>
      {replay.isSuccess && <Notice kind="good" title={webhookTexts.replayed} />}
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  )
}

function ReplayAll({ endpoint }: { endpoint: Endpoint }) {
  const queryClient = useQueryClient()
  const replay = useMutation({
    mutationFn: () => request<Replayed>('POST', `${endpointPath(endpoint.id)}/replay`),
    onSuccess: () => queryClient.invalidateQueries(allWebhooks),
  })
  const problem = told(replay.error)
  return (
    <div className="space-y-2">
      <Button size="small" busy={replay.isPending} onClick={() => replay.mutate()}>
        {webhookTexts.replayAll}
      </Button>
      {replay.data !== undefined && <Notice kind="good" title={webhookTexts.replayedAll(replay.data.replayed)} />}
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  )
}
