import type { Review } from '@custodia/wire/http/access.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { OpenReview } from './open-review.tsx'
import { reviewsQuery } from './queries.ts'
import { ReviewPage } from './review.tsx'

const route = getRouteApi('/inside/access/reviews')

/** Is what people have still right? The reviews, or one of them. */
export function ReviewsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const { open } = route.useSearch()
  const reviews = useQuery(reviewsQuery)
  const [opening, setOpening] = useState(false)
  const items = reviews.data
  const opened = items?.find(({ id }) => id === open)
  if (opened !== undefined) return <ReviewPage key={opened.id} review={opened} me={me} />
  const running = items?.filter(({ closedAt }) => closedAt === null).length ?? 0
  return (
    <Page
      title={accessTexts.reviews.title}
      answer={items && accessTexts.reviews.answer(running)}
      note={accessTexts.reviews.note}
      actions={
        me.permissions.includes('access:reviews:write') && (
          <Button look="primary" onClick={() => setOpening(true)}>
            <PlusIcon />
            {accessTexts.reviews.make}
          </Button>
        )
      }
    >
      {reviews.isPending && <Waiting rows={2} />}
      {reviews.error !== null && (
        <ProblemNotice problem={problemOf(reviews.error)} retry={() => void reviews.refetch()} />
      )}
      {items?.length === 0 && <Empty title={accessTexts.reviews.none}>{accessTexts.reviews.noneWhat}</Empty>}
      {items !== undefined && items.length > 0 && (
        <ul aria-label={accessTexts.reviews.list} className="divide-y divide-line rounded-lg border border-line">
          {items.map((review) => (
            <ReviewLine key={review.id} review={review} />
          ))}
        </ul>
      )}
      {opening && <OpenReview me={me} onClose={() => setOpening(false)} />}
    </Page>
  )
}

function ReviewLine({ review }: { review: Review }) {
  const { open, closed, dueAt, endedAt, undecidedWhat } = accessTexts.reviews
  return (
    <li className="relative flex flex-wrap items-start justify-between gap-x-4 gap-y-1.5 px-4 py-3 hover:bg-hover">
      <div className="min-w-0 grow basis-64">
        <Link
          from="/access/reviews"
          to="/access/reviews"
          search={{ open: review.id }}
          className="font-medium break-words after:absolute after:inset-0"
        >
          {review.name}
        </Link>
        <p className="text-[13px] text-muted">
          {review.closedAt === null ? dueAt : endedAt} <Moment at={review.closedAt ?? review.dueAt} />.{' '}
          {undecidedWhat[review.undecided]}
        </p>
      </div>
      <Badge tone={review.closedAt === null ? 'accent' : 'plain'}>{review.closedAt === null ? open : closed}</Badge>
    </li>
  )
}
