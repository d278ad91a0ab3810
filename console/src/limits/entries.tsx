import type { LimitEntry } from '@custodia/wire/http/limits.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Section, Waiting } from '../parts/page.tsx'
import { limitTexts } from '../texts-of-limits.ts'
import { AddEntry } from './add-entry.tsx'
import { allLimits, entriesQuery } from './queries.ts'

const texts = limitTexts.entries
const whomOf = ({ network, account }: LimitEntry) => network ?? account ?? ''

/** Who is let in without a limit, or not at all. */
export function EntrySection({ mayWrite, mayAll }: { mayWrite: boolean; mayAll: boolean }) {
  const entries = useQuery(entriesQuery)
  const [adding, add] = useState(false)
  const [ending, end] = useState<LimitEntry | null>(null)
  const items = entries.data?.items
  return (
    <Section
      title={texts.title}
      aside={
        mayWrite && (
          <Button size="small" onClick={() => add(true)}>
            {texts.add}
          </Button>
        )
      }
    >
      {entries.isPending && <Waiting rows={1} />}
      {entries.error !== null && (
        <ProblemNotice problem={problemOf(entries.error)} retry={() => void entries.refetch()} />
      )}
      {items?.length === 0 && <Empty title={texts.empty}>{texts.emptyWhat}</Empty>}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={texts.title} className="divide-y divide-line rounded-lg border border-line">
          {items.map((entry) => (
            <li key={entry.id} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
              <div className="min-w-0 grow basis-64">
                <p className="flex flex-wrap items-center gap-2">
                  <span className="font-mono text-[13px] break-all">{whomOf(entry)}</span>
                  <Badge tone={entry.list === 'deny' ? 'bad' : 'good'}>{texts.short[entry.list]}</Badge>
                </p>
                <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
                  <span className="break-words">{entry.reason}</span>
                  <span>{limitTexts.scopes[entry.scope]}</span>
                  <span>
                    {texts.until} <Moment at={entry.until} />
                  </span>
                </p>
              </div>
              {mayWrite && (mayAll || entry.scope === 'organisation') && (
                <Button size="small" aria-label={texts.endLabel(whomOf(entry))} onClick={() => end(entry)}>
                  {texts.end}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <AddEntry mayAll={mayAll} whom="" onClose={() => add(false)} />}
      {ending !== null && (
        <ConfirmDelete
          path={`/v1/limits/entries/${encodeURIComponent(ending.id)}?scope=${ending.scope}`}
          changed={allLimits.queryKey}
          title={texts.endTitle(whomOf(ending))}
          verb={texts.end}
          onClose={() => end(null)}
        >
          {texts.endWhat}
        </ConfirmDelete>
      )}
    </Section>
  )
}
