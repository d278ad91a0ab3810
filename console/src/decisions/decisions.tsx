import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useNames } from '../api/use-names.ts'
import { Button } from '../parts/button.tsx'
import { FoundList } from '../parts/found-list.tsx'
import { RefreshIcon } from '../parts/icons.tsx'
import { Page, Section } from '../parts/page.tsx'
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
        <FoundList
          list={list}
          items={items}
          filtered={Object.keys(filter).length > 0}
          words={decisionTexts}
          open={open}
          onOpen={(id) =>
            void navigate({ search: { ...filter, ...(id && { open: id }) }, replace: true, resetScroll: false })
          }
          row={(decision, folding) => (
            <Decision
              key={decision.id}
              decision={decision}
              name={names.get(decision.principal.id) ?? decision.principal.id}
              {...folding}
            />
          )}
        />
      </Section>
    </Page>
  )
}
