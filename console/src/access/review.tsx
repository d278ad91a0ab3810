import type { Review } from '@custodia/wire/http/access.ts'
import type { Me } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Page, Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { useNames } from './names.ts'
import { reviewItemsQuery } from './queries.ts'
import { ReviewLine } from './review-line.tsx'
import { told } from './told.ts'

/** One review: each line with who has what, to be kept or removed, and how far it has come. */
export function ReviewPage({ review, me }: { review: Review; me: Me }) {
  const list = useInfiniteQuery(reviewItemsQuery(review.id))
  const nameOf = useNames()
  const [ending, end] = useState(false)
  const items = list.data?.pages.flatMap((page) => page.items)
  const decided = items?.filter(({ decision }) => decision !== null).length ?? 0
  const { progress, progressLoaded, dueAt, endedAt, undecidedWhat } = accessTexts.reviews
  const mayDecide = me.permissions.includes('access:reviews:write') && review.closedAt === null
  return (
    <Page
      title={review.name}
      answer={items && (list.hasNextPage ? progressLoaded : progress)(decided, items.length)}
      note={
        <>
          {review.closedAt === null ? dueAt : endedAt} <Moment at={review.closedAt ?? review.dueAt} />.{' '}
          {undecidedWhat[review.undecided]}{' '}
          <Link to="/access/reviews" className="font-medium text-link underline-offset-2 hover:underline">
            {accessTexts.reviews.all}
          </Link>
        </>
      }
      actions={mayDecide && <Button onClick={() => end(true)}>{accessTexts.reviews.end}</Button>}
    >
      <Section title={accessTexts.reviews.items}>
        {items !== undefined && (
          <progress
            aria-label={progress(decided, items.length)}
            value={decided}
            max={Math.max(items.length, 1)}
            className="mb-4 h-1.5 w-full appearance-none overflow-hidden rounded-full bg-hover [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-accent"
          />
        )}
        {list.isPending && <Waiting rows={4} />}
        {list.error !== null && <ProblemNotice problem={problemOf(list.error)} retry={() => void list.refetch()} />}
        {items !== undefined && items.length > 0 && (
          <>
            <ul aria-label={accessTexts.reviews.items} className="divide-y divide-line rounded-lg border border-line">
              {items.map((item) => (
                <ReviewLine
                  key={`${item.kind} ${item.subject} ${item.target}`}
                  {...{ review, item, nameOf, mayDecide, own: item.subject === me.user.id }}
                />
              ))}
            </ul>
            <LoadMore list={list} shown={items.length} />
          </>
        )}
      </Section>
      {ending && (
        <EndReview
          review={review}
          removed={items?.filter(({ decision }) => (decision ?? review.undecided) === 'remove').length ?? 0}
          onClose={() => end(false)}
        />
      )}
    </Page>
  )
}

/** What the end of a review may change. */
const changedByIt = ['reviews', 'assignments', 'groups', 'users', 'me']

function EndReview(props: { review: Review; removed: number; onClose: () => void }) {
  const queryClient = useQueryClient()
  const { id, name } = props.review
  // How many there were when it was asked: the question must not change while it is answered.
  const [removed] = useState(props.removed)
  const end = useMutation({
    mutationFn: () => request<Review>('POST', `/v1/reviews/${encodeURIComponent(id)}/end`),
    onSuccess: async () => {
      await Promise.all(changedByIt.map((key) => queryClient.invalidateQueries({ queryKey: [key] })))
      props.onClose()
    },
  })
  return (
    <Confirm
      onClose={props.onClose}
      title={accessTexts.reviews.endTitle(name)}
      verb={accessTexts.reviews.end}
      act={{ isPending: end.isPending, error: told(end.error), mutate: () => end.mutate() }}
    >
      {accessTexts.reviews.endWhat(removed)}
    </Confirm>
  )
}
