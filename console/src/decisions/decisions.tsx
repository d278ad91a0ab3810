import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { problemOf } from '../api/problem.ts'
import { useNames } from '../api/use-names.ts'
import { Button } from '../parts/button.tsx'
import { RefreshIcon } from '../parts/icons.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { decisionTexts } from '../texts-of-decisions.ts'
import { Decision } from './decision.tsx'
import { askedOf } from './filter.ts'
import { Filters } from './filters.tsx'
import { decisionsQuery } from './queries.ts'

const route = getRouteApi('/inside/decisions')

/** Who was allowed what, and who was refused? Newest first, each with what decided. */
export function DecisionsPage() {
  const { open, ...filter } = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const names = useNames()
  const list = useInfiniteQuery(decisionsQuery(askedOf(filter)))
  const items = list.data?.pages.flatMap((page) => page.items)
  return (
    <Page
      title={decisionTexts.title}
      answer={decisionTexts.answer}
      note={decisionTexts.note}
      actions={
        <Button busy={list.isFetching} onClick={() => void queryClient.resetQueries({ queryKey: ['decisions'] })}>
          <RefreshIcon />
          {decisionTexts.refresh}
        </Button>
      }
    >
      <Section title={decisionTexts.list}>
        <Filters
          key={JSON.stringify(filter)}
          filter={filter}
          people={names}
          actions={[...new Set(items?.map(({ action }) => action))].toSorted()}
          onApply={(next) => void navigate({ search: next })}
        />
        <div className="mt-5">
          {list.isPending && <Waiting rows={8} />}
          {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
          {items?.length === 0 && <Nothing filtered={Object.keys(filter).length > 0} />}
          {items !== undefined && items.length > 0 && (
            <>
              <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
                {items.map((decision) => (
                  <Decision
                    key={decision.id}
                    decision={decision}
                    name={names.get(decision.principal.id) ?? decision.principal.id}
                    open={decision.id === open}
                    onToggle={() =>
                      void navigate({
                        search: decision.id === open ? filter : { ...filter, open: decision.id },
                        replace: true,
                        resetScroll: false,
                      })
                    }
                  />
                ))}
              </ul>
              <LoadMore list={list} shown={items.length} />
            </>
          )}
        </div>
      </Section>
    </Page>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title={decisionTexts.noMatch}>{decisionTexts.noMatchHelp}</Empty>
  ) : (
    <Empty title={decisionTexts.none}>{decisionTexts.noneHelp}</Empty>
  )
}
