import type { Limited } from '@custodia/wire/http/limits.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { limitTexts } from '../texts-of-limits.ts'
import { AddEntry } from './add-entry.tsx'
import { EntrySection } from './entries.tsx'
import { PolicySection } from './policies.tsx'
import { limitedQuery, policiesQuery } from './queries.ts'

/** Who is limited now, and why? */
export function LimitsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const limited = useQuery(limitedQuery)
  const policies = useQuery(policiesQuery)
  const [denying, deny] = useState<string | null>(null)
  const items = limited.data?.items
  const mayWrite = me.permissions.includes('limits:write')
  const mayAll = me.permissions.includes('limits:installation')
  const refused = items?.filter(({ dryRun }) => !dryRun).length ?? 0
  return (
    <Page
      title={limitTexts.title}
      answer={items && (refused === 0 ? limitTexts.nobody : limitTexts.some(refused))}
      note={limitTexts.note}
    >
      {policies.data?.storeLost === true && (
        <div className="mb-4">
          <Notice kind="bad" title={limitTexts.lost}>
            {limitTexts.lostWhat}
          </Notice>
        </div>
      )}
      <Section title={limitTexts.now.title}>
        {limited.isPending && <Waiting rows={2} />}
        {limited.error !== null && (
          <ProblemNotice problem={problemOf(limited.error)} retry={() => void limited.refetch()} />
        )}
        {items?.length === 0 && <Empty title={limitTexts.now.empty}>{limitTexts.now.emptyWhat}</Empty>}
        {items !== undefined && items.length > 0 && (
          <ul aria-label={limitTexts.now.title} className="divide-y divide-line rounded-lg border border-line">
            {items.map((one) => (
              <li
                key={`${one.policy} ${one.subject}`}
                className="flex flex-wrap items-start justify-between gap-3 px-4 py-3"
              >
                <LimitedLine one={one} />
                {mayWrite && mayAll && (one.by === 'address' || one.by === 'account') && (
                  <Button
                    size="small"
                    look="grave"
                    aria-label={limitTexts.now.denyLabel(one.subject)}
                    onClick={() => deny(one.subject)}
                  >
                    {limitTexts.now.deny}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
      <EntrySection mayWrite={mayWrite} mayAll={mayAll} />
      <PolicySection mayWrite={mayWrite} mayAll={mayAll} />
      {denying !== null && <AddEntry mayAll={mayAll} whom={denying} onClose={() => deny(null)} />}
    </Page>
  )
}

function LimitedLine({ one }: { one: Limited }) {
  return (
    <div className="min-w-0 grow basis-64">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-mono text-[13px] break-all">{one.subject}</span>
        <Badge tone={one.dryRun ? 'plain' : 'warn'}>{one.policy}</Badge>
        {one.challenged && <span className="text-[13px] text-muted">{limitTexts.now.challenged}</span>}
        {one.dryRun && <span className="text-[13px] text-muted">{limitTexts.now.dryRun}</span>}
      </p>
      <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
        <span className="font-mono break-all">{one.route}</span>
        <span>{limitTexts.now.times(one.times)}</span>
        {one.challenged && <span>{limitTexts.now.solved(one.solved)}</span>}
        <span>
          {limitTexts.now.last} <Moment at={one.lastAt} />
        </span>
        <span>
          {limitTexts.now.until} <Moment at={one.until} />
        </span>
      </p>
    </div>
  )
}
