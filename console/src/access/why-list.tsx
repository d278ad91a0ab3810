import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { ChevronIcon } from '../parts/icons.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Empty, Section, Waiting } from '../parts/page.tsx'
import { texts } from '../texts.ts'
import { whyTexts } from '../texts-of-access-why.ts'
import { Why } from './why.tsx'
import type { Asked } from './why-path.ts'

/** One line of an answer. `id` stands in the address while it is open. */
export type Line = { readonly id: string; readonly name: string; readonly note?: string; readonly asked: Asked }

type List = {
  readonly isPending: boolean
  readonly error: Error | null
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly refetch: () => Promise<unknown>
  readonly fetchNextPage: () => Promise<unknown>
}

/** What a search found, each with its why. */
export function WhyList(props: {
  title: string
  list: List
  lines: readonly Line[] | undefined
  open: string | undefined
  onOpen: (id: string | undefined) => void
  empty: ReactNode
}) {
  const { list, lines, open } = props
  return (
    <Section title={props.title}>
      <div aria-live="polite">
        {list.isPending && <Waiting rows={4} />}
        {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
        {lines?.length === 0 && props.empty}
      </div>
      {lines !== undefined && lines.length > 0 && (
        <ul aria-label={props.title} className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {lines.map((line) => (
            <WhyLine
              key={line.id}
              line={line}
              open={line.id === open}
              onToggle={() => props.onOpen(line.id === open ? undefined : line.id)}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="mt-4 flex items-center justify-between gap-4 text-[13px] text-muted">
          <p role="status">{whyTexts.more(lines?.length ?? 0)}</p>
          <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {texts.common.loadMore}
          </Button>
        </div>
      )}
    </Section>
  )
}

function WhyLine({ line, open, onToggle }: { line: Line; open: boolean; onToggle: () => void }) {
  const detailsId = `why-${line.id}`
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={detailsId}
        onClick={onToggle}
        className={`grid w-full grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2.5 text-left hover:bg-hover ${open ? 'bg-hover' : ''}`}
      >
        <ChevronIcon className={`text-faint transition-transform duration-100 ${open ? 'rotate-90' : ''}`} />
        <span className="min-w-0">
          <span className="block font-medium break-all">{line.name}</span>
          {line.note !== undefined && <span className="block text-[13px] break-all text-muted">{line.note}</span>}
        </span>
        <span className="text-[13px] text-link">{whyTexts.why}</span>
      </button>
      {open && (
        <div id={detailsId} className="border-t border-line bg-sunken px-4 py-5 sm:pr-6 sm:pl-11">
          <Why asked={line.asked} />
        </div>
      )}
    </li>
  )
}

/** For whoever may not ask. */
export const Denied = () => (
  <Notice kind="bad" title={whyTexts.denied}>
    {whyTexts.deniedHelp}
  </Notice>
)

export const Nothing = ({ title, help }: { title: string; help: string }) => <Empty title={title}>{help}</Empty>
