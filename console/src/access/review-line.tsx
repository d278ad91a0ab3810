import type { Review, ReviewDecision, ReviewItem, ReviewItems } from '@custodia/wire/http/access.ts'
import type { InfiniteData } from '@tanstack/react-query'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { buttonClass } from '../parts/button.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { reviewItemsQuery } from './queries.ts'
import { told } from './told.ts'

const same = (one: ReviewItem, other: ReviewItem) =>
  one.kind === other.kind && one.subject === other.subject && one.target === other.target

/** One thing that somebody has, and whether they keep it. */
export function ReviewLine(props: {
  review: Review
  item: ReviewItem
  nameOf: (id: string) => string
  mayDecide: boolean
  own: boolean
}) {
  const { item, nameOf } = props
  const { holds, own, given } = accessTexts.reviews
  const said = `${nameOf(item.subject)} ${holds[item.kind](nameOf(item.target))}`
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
      <div className="min-w-0 grow basis-64">
        <p className="break-words">
          <span className="font-medium">{nameOf(item.subject)}</span> {holds[item.kind](nameOf(item.target))}
        </p>
        <p className="text-[13px] text-muted">
          {given} <Moment at={item.givenAt} />
        </p>
        <State item={item} nameOf={nameOf} />
        {props.own && props.mayDecide && <p className="mt-1 text-[13px] text-muted">{own}</p>}
      </div>
      {props.mayDecide && !props.own && <Decide review={props.review} item={item} said={said} />}
    </li>
  )
}

function State({ item, nameOf }: { item: ReviewItem; nameOf: (id: string) => string }) {
  const { outcomes, decisions, undecidedYet } = accessTexts.reviews
  const { outcome, decision, decidedBy } = item
  const going = outcome === 'removed' || (outcome === null && decision === 'remove')
  const word = outcome !== null ? outcomes[outcome] : decision === null ? undecidedYet : decisions[decision]
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2 text-[13px] text-muted">
      <Badge tone={going ? 'bad' : decision === null && outcome === null ? 'plain' : 'good'}>{word}</Badge>
      {decidedBy !== null && <span className="break-all">{accessTexts.by(nameOf(decidedBy))}</span>}
    </p>
  )
}

function Decide({ review, item, said }: { review: Review; item: ReviewItem; said: string }) {
  const queryClient = useQueryClient()
  const { queryKey } = reviewItemsQuery(review.id)
  const decide = useMutation({
    mutationFn: (decision: ReviewDecision['decision']) => {
      const { kind, subject, target } = item
      const body = { kind, subject, target, decision } satisfies ReviewDecision
      return request<ReviewItem>('POST', `/v1/reviews/${encodeURIComponent(review.id)}/decisions`, body)
    },
    // The one line changes in place: a list of thousands is not read anew for each.
    onSuccess: (decided) =>
      queryClient.setQueryData<InfiniteData<ReviewItems, string | null>>(queryKey, (now) =>
        now === undefined
          ? now
          : {
              ...now,
              pages: now.pages.map((page) => ({
                ...page,
                items: page.items.map((one) => (same(one, decided) ? decided : one)),
              })),
            },
      ),
  })
  const { keep, keepLabel, remove, removeLabel } = accessTexts.reviews
  const problem = told(decide.error)
  // Never disabled: the focus stays where it is, for whoever goes on by keyboard.
  const button = (decision: 'keep' | 'remove', text: string, label: string) => (
    <button
      type="button"
      aria-pressed={item.decision === decision}
      aria-label={label}
      onClick={() => decide.isPending || decide.mutate(decision)}
      className={`${buttonClass({ size: 'small', look: decision === 'remove' ? 'grave' : 'secondary' })} aria-pressed:bg-hover aria-pressed:font-semibold`}
    >
      {text}
    </button>
  )
  return (
    <div className="space-y-2">
      <div className="flex gap-2">
        {button('keep', keep, keepLabel(said))}
        {button('remove', remove, removeLabel(said))}
      </div>
      {problem !== null && <ProblemNotice problem={problem} />}
    </div>
  )
}
