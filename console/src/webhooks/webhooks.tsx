import type { Endpoint } from '@custodia/wire/http/webhooks.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { AddEndpoint } from './add-endpoint.tsx'
import { EndpointSheet } from './endpoint-sheet.tsx'
import { endpointsQuery } from './queries.ts'
import { SourceSection } from './sources.tsx'

const route = getRouteApi('/inside/webhooks')

/** Who is told what happens here, and does it arrive? */
export function WebhooksPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open } = route.useSearch()
  const navigate = route.useNavigate()
  const endpoints = useQuery(endpointsQuery)
  const [adding, add] = useState(false)
  const items = endpoints.data?.items
  const opened = items?.find(({ id }) => id === open)
  const mayWrite = me.permissions.includes('webhooks:endpoints:write')
  const close = () => void navigate({ search: {}, replace: true, resetScroll: false })
  return (
    <Page
      title={webhookTexts.title}
      answer={items && (items.length === 0 ? webhookTexts.none : webhookTexts.some(items.length))}
      note={webhookTexts.note}
      actions={
        mayWrite && (
          <Button look="primary" onClick={() => add(true)}>
            <PlusIcon />
            {webhookTexts.add}
          </Button>
        )
      }
    >
      <Section title={webhookTexts.list}>
        {endpoints.isPending && <Waiting rows={2} />}
        {endpoints.error !== null && (
          <ProblemNotice problem={problemOf(endpoints.error)} retry={() => void endpoints.refetch()} />
        )}
        {items?.length === 0 && <Empty title={webhookTexts.empty}>{webhookTexts.emptyWhat}</Empty>}
        {items !== undefined && items.length > 0 && (
          <ul aria-label={webhookTexts.list} className="divide-y divide-line rounded-lg border border-line">
            {items.map((endpoint) => (
              <Line key={endpoint.id} endpoint={endpoint} />
            ))}
          </ul>
        )}
      </Section>
      {me.permissions.includes('webhooks:sources:read') && (
        <SourceSection mayWrite={me.permissions.includes('webhooks:sources:write')} />
      )}
      {adding && <AddEndpoint personal={me.permissions.includes('ledger:personal')} onClose={() => add(false)} />}
      {opened !== undefined && <EndpointSheet key={opened.id} endpoint={opened} mayWrite={mayWrite} onClose={close} />}
    </Page>
  )
}

function Line({ endpoint }: { endpoint: Endpoint }) {
  return (
    <li className="relative px-4 py-3 hover:bg-hover">
      <p className="flex flex-wrap items-center gap-2">
        <Link
          from="/webhooks"
          to="/webhooks"
          search={{ open: endpoint.id }}
          resetScroll={false}
          className="min-w-0 font-medium break-all after:absolute after:inset-0"
        >
          {endpoint.description === '' ? endpoint.url : endpoint.description}
        </Link>
        {endpoint.disabledAt !== null && <Badge tone="warn">{webhookTexts.off}</Badge>}
        {endpoint.dead > 0 && <Badge tone="bad">{webhookTexts.dead(endpoint.dead)}</Badge>}
        {endpoint.waiting > 0 && <Badge tone="plain">{webhookTexts.waiting(endpoint.waiting)}</Badge>}
      </p>
      {endpoint.description !== '' && <p className="text-[13px] break-all text-muted">{endpoint.url}</p>}
      <p className="mt-0.5 font-mono text-[12.5px] break-words text-muted">
        {endpoint.events === null ? webhookTexts.all : endpoint.events.join(', ')}
      </p>
    </li>
  )
}
