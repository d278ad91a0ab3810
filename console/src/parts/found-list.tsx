import type { ComponentProps, ReactElement } from 'react'
import { problemOf } from '../api/problem.ts'
import { LoadMore } from './load-more.tsx'
import { ProblemNotice } from './notice.tsx'
import { Empty, Waiting } from './page.tsx'

type List = ComponentProps<typeof LoadMore>['list']

/**
 * What a search found, page by page: while it is read, where that fails, and where there is nothing. One line at most is unfolded.
 *
 * @param props.row with its key.
 */
export function FoundList<Item extends { readonly id: string }>(props: {
  list: List & { isPending: boolean; error: unknown; refetch: () => Promise<unknown> }
  items: readonly Item[] | undefined
  filtered: boolean
  words: Readonly<Record<'none' | 'noneHelp' | 'noMatch' | 'noMatchHelp', string>>
  open: string | undefined
  onOpen: (id: string | undefined) => void
  row: (item: Item, folding: { open: boolean; onToggle: () => void }) => ReactElement
}) {
  const { list, items, words, open, onOpen } = props
  const [title, help] = props.filtered ? [words.noMatch, words.noMatchHelp] : [words.none, words.noneHelp]
  return (
    <div className="mt-5">
      {list.isPending && <Waiting rows={8} />}
      {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
      {items?.length === 0 && <Empty title={title}>{help}</Empty>}
      {items !== undefined && items.length > 0 && (
        <>
          <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
            {items.map((item) =>
              props.row(item, {
                open: item.id === open,
                onToggle: () => onOpen(item.id === open ? undefined : item.id),
              }),
            )}
          </ul>
          <LoadMore list={list} shown={items.length} />
        </>
      )}
    </div>
  )
}
