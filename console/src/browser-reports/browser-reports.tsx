import type { BrowserReport } from '@custodia/wire/http/browser.ts'
import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { RefreshIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { browserTexts } from '../texts-of-browser.ts'
import { LearntPolicy } from './learnt-policy.tsx'
import { browserPoliciesQuery, reportsQuery } from './queries.ts'

/** What browsers refused, and the policies that are learnt of it. */
export function BrowserReportsPage() {
  const reports = useQuery(reportsQuery)
  const policies = useQuery(browserPoliciesQuery)
  const items = reports.data?.items
  const learnt = policies.data?.items.filter(({ profile }) => profile === 'learn') ?? []
  return (
    <Page
      title={browserTexts.title}
      answer={items && browserTexts.answer(items.length)}
      note={browserTexts.note}
      actions={
        <Button busy={reports.isFetching} onClick={() => void reports.refetch()}>
          <RefreshIcon />
          {browserTexts.refresh}
        </Button>
      }
    >
      {policies.error !== null && (
        <ProblemNotice problem={problemOf(policies.error)} retry={() => void policies.refetch()} />
      )}
      {learnt.map(({ application, title }) => (
        <LearntPolicy key={application} application={application} title={title} />
      ))}
      <Section title={browserTexts.list}>
        {reports.isPending && <Waiting rows={4} />}
        {reports.error !== null && (
          <ProblemNotice problem={problemOf(reports.error)} retry={() => void reports.refetch()} />
        )}
        {items?.length === 0 && <Empty title={browserTexts.none}>{browserTexts.noneHelp}</Empty>}
        {items !== undefined && items.length > 0 && (
          <ul className="divide-y divide-line rounded-lg border border-line">
            {items.map((report) => (
              <Report key={Object.values({ ...report, count: 0, firstAt: 0, lastAt: 0 }).join(' ')} report={report} />
            ))}
          </ul>
        )}
      </Section>
    </Page>
  )
}

function Report({ report }: { report: BrowserReport }) {
  const { application, blocked, directive, path, disposition, count, lastAt } = report
  return (
    <li className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5">
      <span className="min-w-0 grow basis-56">
        <span className="block font-medium break-all">{browserTexts.blocked(blocked, directive)}</span>
        <span className="block font-mono text-[12.5px] break-all text-muted">
          {application ?? browserTexts.own} {path}
        </span>
      </span>
      <Badge tone={disposition === 'enforce' ? 'bad' : 'plain'}>
        {disposition === 'enforce' ? browserTexts.enforced : browserTexts.reported}
      </Badge>
      <span className="text-[13px] text-muted">
        {browserTexts.count(count)}, <Moment at={lastAt} />
      </span>
    </li>
  )
}
