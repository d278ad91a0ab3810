import type { Approval } from '@custodia/wire/http/access.ts'
import { useInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { ApprovalActs } from './approval-acts.tsx'
import { useNames } from './names.ts'
import { approvalsQuery } from './queries.ts'

const isOver = ({ outcome, expiresAt }: Approval) => outcome !== null || Date.parse(expiresAt) <= Date.now()

/** What waits for a second administrator, and what became of what did. */
export function ApprovalsPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const waiting = useInfiniteQuery(approvalsQuery(true))
  const all = useInfiniteQuery(approvalsQuery(false))
  const items = waiting.data?.pages.flatMap((page) => page.items)
  const past = all.data?.pages.flatMap((page) => page.items).filter(isOver) ?? []
  const nameOf = useNames()
  const mayWrite = me.permissions.includes('access:approvals:write')
  return (
    <Page
      title={accessTexts.approvals.title}
      answer={items && accessTexts.approvals.answer(items.length)}
      note={accessTexts.approvals.note}
    >
      <Section title={accessTexts.approvals.waiting}>
        {waiting.isPending && <Waiting rows={2} />}
        {waiting.error !== null && (
          <ProblemNotice problem={problemOf(waiting.error)} retry={() => void waiting.refetch()} />
        )}
        {items?.length === 0 && (
          <Empty title={accessTexts.approvals.waitingNone}>{accessTexts.approvals.waitingNoneWhat}</Empty>
        )}
        {items !== undefined && items.length > 0 && (
          <ul aria-label={accessTexts.approvals.waiting} className="divide-y divide-line rounded-lg border border-line">
            {items.map((one) => (
              <ApprovalLine key={one.id} approval={one} nameOf={nameOf} myId={mayWrite ? me.user.id : null} />
            ))}
          </ul>
        )}
        {waiting.hasNextPage && <LoadMore list={waiting} shown={items?.length ?? 0} />}
      </Section>
      {past.length > 0 && (
        <Section title={accessTexts.approvals.past}>
          <ul aria-label={accessTexts.approvals.past} className="divide-y divide-line rounded-lg border border-line">
            {past.map((one) => (
              <ApprovalLine key={one.id} approval={one} nameOf={nameOf} myId={null} />
            ))}
          </ul>
          {all.hasNextPage && <LoadMore list={all} shown={past.length} />}
        </Section>
      )}
    </Page>
  )
}

/** @param myId whoever may decide; null for who may only see, and where it is decided. */
function ApprovalLine(props: { approval: Approval; nameOf: (id: string) => string; myId: string | null }) {
  const { approval, nameOf, myId } = props
  const { what, askedBy, requestEnds, rightEnds, rightStays } = accessTexts.approvals
  const said = what[approval.kind](nameOf(approval.subject ?? ''), nameOf(approval.target))
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-4 py-3.5">
      <div className="min-w-0 grow basis-64">
        <p className="font-medium break-words">{said}</p>
        <p className="break-words">{approval.reason}</p>
        <p className="text-[13px] break-words text-muted">
          {askedBy(nameOf(approval.askedBy))} <Moment at={approval.askedAt} />
        </p>
        {approval.kind !== 'unmark' && (
          <p className="text-[13px] text-muted">
            {approval.until === null ? (
              rightStays
            ) : (
              <>
                {rightEnds} <Moment at={approval.until} />
              </>
            )}
          </p>
        )}
        {approval.outcome === null && (
          <p className="text-[13px] text-muted">
            {requestEnds} <Moment at={approval.expiresAt} />
          </p>
        )}
        {myId === null && <Outcome approval={approval} nameOf={nameOf} />}
      </div>
      {myId !== null && <ApprovalActs approval={approval} said={said} myId={myId} />}
    </li>
  )
}

function Outcome({ approval, nameOf }: { approval: Approval; nameOf: (id: string) => string }) {
  const { outcomes, decidedBy } = accessTexts.approvals
  const { outcome, decidedAt } = approval
  // Where it waits and somebody only looks there is nothing to say.
  if (!isOver(approval)) return null
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2 text-[13px] text-muted">
      <Badge tone={outcome === 'approved' ? 'good' : 'plain'}>{outcomes[outcome ?? 'over']}</Badge>
      {approval.decidedBy !== null && <span className="break-all">{decidedBy(nameOf(approval.decidedBy))}</span>}
      {decidedAt !== null && <Moment at={decidedAt} />}
    </p>
  )
}
