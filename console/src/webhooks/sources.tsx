import type { Senders, Source, Sources } from '@custodia/wire/http/webhooks.ts'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Section, Waiting } from '../parts/page.tsx'
import { sourceTexts } from '../texts-of-webhooks.ts'
import { AddSource } from './add-source.tsx'
import { allWebhooks } from './queries.ts'

const path = '/v1/webhooks/sources'
const sourcesQuery = queryOptions({
  queryKey: ['webhooks', 'sources'],
  queryFn: ({ signal }) => request<Sources>('GET', path, undefined, signal),
})
const sendersQuery = queryOptions({
  queryKey: ['webhooks', 'senders'],
  queryFn: ({ signal }) => request<Senders>('GET', '/v1/webhooks/senders', undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
})

/** Whose webhooks come in, and where they go. */
export function SourceSection({ mayWrite }: { mayWrite: boolean }) {
  const sources = useQuery(sourcesQuery)
  const senders = useQuery(sendersQuery)
  const [adding, add] = useState(false)
  const [removing, remove] = useState<Source | null>(null)
  const items = sources.data?.items
  const targets = sources.data?.targets ?? []
  const titleOf = (sender: string) => senders.data?.items.find(({ name }) => name === sender)?.title ?? sender
  const ready = mayWrite && targets.length > 0 && senders.data !== undefined
  return (
    <Section
      title={sourceTexts.list}
      aside={
        ready && (
          <Button size="small" onClick={() => add(true)}>
            {sourceTexts.add}
          </Button>
        )
      }
    >
      <p className="mb-3 text-muted">{sourceTexts.note}</p>
      {sources.isPending && <Waiting rows={1} />}
      {sources.error !== null && (
        <ProblemNotice problem={problemOf(sources.error)} retry={() => void sources.refetch()} />
      )}
      {items?.length === 0 && (
        <Empty title={sourceTexts.empty}>{targets.length === 0 ? sourceTexts.noTargets : undefined}</Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={sourceTexts.list} className="divide-y divide-line rounded-lg border border-line">
          {items.map((source) => (
            <li key={source.id} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
              <SourceLine source={source} sender={titleOf(source.sender)} />
              {mayWrite && (
                <Button
                  size="small"
                  look="grave"
                  aria-label={sourceTexts.removeLabel(source.name)}
                  onClick={() => remove(source)}
                >
                  {sourceTexts.remove}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && ready && <AddSource senders={senders.data.items} targets={targets} onClose={() => add(false)} />}
      {removing !== null && (
        <ConfirmDelete
          path={`${path}/${encodeURIComponent(removing.id)}`}
          changed={allWebhooks.queryKey}
          title={sourceTexts.removeTitle(removing.name)}
          verb={sourceTexts.remove}
          onClose={() => remove(null)}
        >
          {sourceTexts.removeWhat}
        </ConfirmDelete>
      )}
    </Section>
  )
}

function SourceLine({ source, sender }: { source: Source; sender: string }) {
  return (
    <div className="min-w-0 grow basis-64">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium break-words">{source.name}</span>
        <Badge tone="plain">{sender}</Badge>
        {!source.timestamped && <Badge tone="warn">{sourceTexts.untimed}</Badge>}
      </p>
      <Code text={source.url} label={sourceTexts.copyUrl} />
      <p className="flex flex-wrap gap-x-3 text-[13px] text-muted">
        <span className="font-mono break-all">
          {source.application} {source.path}
        </span>
        <span>
          {source.lastAcceptedAt === null ? (
            sourceTexts.never
          ) : (
            <>
              {sourceTexts.last} <Moment at={source.lastAcceptedAt} />
            </>
          )}
        </span>
        {source.overlapUntil !== null && (
          <span>
            {sourceTexts.overlap} <Moment at={source.overlapUntil} />
          </span>
        )}
      </p>
    </div>
  )
}
