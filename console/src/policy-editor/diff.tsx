import type { PolicyDiffs } from '@custodia/wire/http/policies.ts'
import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { Badge } from '../parts/badge.tsx'
import { ChevronIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/page.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { diffQuery } from './queries.ts'

type Diff = PolicyDiffs['items'][number]
const tones = { added: 'good', removed: 'bad', changed: 'warn' } as const
const marks = { same: '  ', added: '+ ', removed: '- ' } as const
const colours = { same: '', added: 'bg-good-soft text-good', removed: 'bg-bad-soft text-bad' } as const

/** What differs between two versions, policy by policy. */
export function DiffView({ from, to }: { from: number; to: number }) {
  const diff = useQuery(diffQuery(from, to))
  if (diff.error !== null) return <ProblemNotice problem={problemOf(diff.error)} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <Waiting rows={1} />
  if (diff.data.items.length === 0)
    return (
      <p className="text-muted">
        {policyTexts.diffSame} {policyTexts.diffSameHelp}
      </p>
    )
  return (
    <ul className="space-y-3">
      {diff.data.items.map((item) => (
        <li key={item.id} className="overflow-hidden rounded-lg border border-line">
          <details open className="group">
            <summary className="flex flex-wrap items-center gap-2 px-4 py-2.5 hover:bg-hover">
              <ChevronIcon className="text-faint group-open:rotate-90" />
              <ChangeBadge item={item} />
            </summary>
            <Lines lines={item.lines} />
          </details>
        </li>
      ))}
    </ul>
  )
}

/** The same in a few lines, for the question before it takes effect. */
export function DiffSummary({ from, to }: { from: number; to: number }) {
  const diff = useQuery(diffQuery(from, to))
  if (diff.error !== null) return <ProblemNotice problem={problemOf(diff.error)} retry={() => void diff.refetch()} />
  if (diff.data === undefined) return <p role="status">{policyTexts.comparing}</p>
  if (diff.data.items.length === 0) return <p>{policyTexts.diffSame}</p>
  return (
    <ul className="max-h-48 space-y-1 overflow-y-auto">
      {diff.data.items.map((item) => (
        <li key={item.id} className="flex flex-wrap items-center gap-2">
          <ChangeBadge item={item} />
        </li>
      ))}
    </ul>
  )
}

const ChangeBadge = ({ item }: { item: Diff }) => (
  <>
    <Badge tone={tones[item.change]}>{policyTexts.changed[item.change]}</Badge>
    <span className="min-w-0 font-mono text-[12.5px] break-all text-ink">{item.id}</span>
  </>
)

const Lines = ({ lines }: { lines: Diff['lines'] }) => (
  <pre className="border-t border-line bg-sunken py-2 font-mono text-[12.5px]/5 break-words whitespace-pre-wrap">
    {lines.map(({ change, text }, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike, and none moves
      <span key={i} className={`block px-4 ${colours[change]}`}>
        {marks[change]}
        {text}
      </span>
    ))}
  </pre>
)
