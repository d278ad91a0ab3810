import { texts } from '../texts.ts'
import { Button } from './button.tsx'

/** The end of a list that has more, or the word that it has not. */
export function LoadMore(props: {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> }
  shown: number
}) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = props.list
  return (
    <div className="mt-4 flex items-center justify-between gap-4 text-[13px] text-muted">
      <p role="status">{hasNextPage ? texts.common.shownSoFar(props.shown) : texts.common.shownAll(props.shown)}</p>
      {hasNextPage && (
        <Button size="small" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {texts.common.loadMore}
        </Button>
      )}
    </div>
  )
}
