import { useInfiniteQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { problemOf } from '../api/problem.ts'
import { ledgerQuery, meQuery } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { FoundList } from '../parts/found-list.tsx'
import { RefreshIcon, WarningIcon } from '../parts/icons.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { texts } from '../texts.ts'
import type { HeadCheck } from './check-head.ts'
import { Entry } from './entry.tsx'
import { askedOf } from './filter.ts'
import { Filters } from './filters.tsx'
import { headAnswer } from './head-answer.ts'
import { HeadCard } from './head-card.tsx'
import { useHead } from './use-head.ts'

const route = getRouteApi('/inside/ledger')

/** Is the record whole? Then the record itself, newest first, each entry provable. */
export function LedgerPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open, ...filter } = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const head = useHead()
  const list = useInfiniteQuery(ledgerQuery(askedOf(filter)))
  const items = list.data?.pages.flatMap((page) => page.items)
  return (
    <Page
      title={texts.ledger.title}
      answer={<Answer head={head.data?.head ?? null} pending={head.isPending} />}
      note={texts.ledger.caveat}
      actions={
        <Button busy={list.isFetching} onClick={() => void queryClient.resetQueries({ queryKey: ['ledger'] })}>
          <RefreshIcon />
          {texts.ledger.refresh}
        </Button>
      }
    >
      {head.data !== undefined && <HeadCard {...head.data} onForget={() => void head.refetch()} />}
      {head.error !== null && <ProblemNotice problem={problemOf(head.error)} retry={() => void head.refetch()} />}
      <Section
        title={texts.ledger.entries}
        aside={<span className="text-[13px] text-muted">{texts.ledger.recorded}</span>}
      >
        <Filters
          key={JSON.stringify(filter)}
          filter={filter}
          mayOpenPersonal={me.permissions.includes('ledger:personal')}
          types={[...new Set(items?.map((entry) => entry.type))].toSorted()}
          onApply={(next) => void navigate({ search: next })}
        />
        <FoundList
          list={list}
          items={items}
          filtered={Object.keys(filter).length > 0}
          words={texts.ledger}
          open={open}
          onOpen={(id) =>
            void navigate({ search: { ...filter, ...(id && { open: id }) }, replace: true, resetScroll: false })
          }
          row={(entry, folding) => <Entry key={entry.id} entry={entry} myId={me.user.id} {...folding} />}
        />
      </Section>
    </Page>
  )
}

function Answer({ head, pending }: { head: HeadCheck | null; pending: boolean }) {
  if (head === null) return pending ? texts.ledger.checking : texts.ledger.unknown
  const { verdict, sentence } = headAnswer(head)
  if (verdict !== 'fails') return sentence
  return (
    <span className="flex gap-2.5 text-bad">
      <WarningIcon className="mt-1.5 size-5" />
      {sentence}
    </span>
  )
}
