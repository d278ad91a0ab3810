import type { ShadowReport as Report } from '@custodia/wire/http/policies.ts'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { meQuery } from '../api/queries.ts'
import { useNames } from '../api/use-names.ts'
import { Badge } from '../parts/badge.tsx'
import { CheckIcon, ChevronIcon, StopIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { policyTexts } from '../texts-of-policies.ts'

type Group = Report['groups'][number]

/** Which logged decisions would be others with this version. @param live the version that is live now; 0 for none. */
export function ShadowReport({ report, live }: { report: Report; live: number }) {
  const changes = report.toDeny + report.toAllow
  return (
    <div className="space-y-4">
      <Notice
        kind={changes === 0 ? 'good' : 'warn'}
        title={changes === 0 ? policyTexts.shadowSame : policyTexts.shadowChanges(report.toDeny, report.toAllow)}
      >
        {policyTexts.shadowLooked(report.looked, report.replayed, report.against)}
        {report.cut && <span className="block">{policyTexts.shadowCut}</span>}
      </Notice>
      {report.groups.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {report.groups.map((group) => (
            <li key={JSON.stringify([group.action, group.change, group.before, group.after])}>
              <GroupOf group={group} />
            </li>
          ))}
        </ul>
      )}
      {report.left.length > 0 && (
        <div className="text-[13px] text-muted">
          <p className="font-medium">{policyTexts.shadowLeft}</p>
          <ul className="list-disc pl-5">
            {report.left.map(({ why, count }) => (
              <li key={why} className="break-words">
                {why}: {count}
              </li>
            ))}
          </ul>
        </div>
      )}
      {report.against !== live && <Notice kind="warn" title={policyTexts.shadowOld(report.against, live)} />}
    </div>
  )
}

function GroupOf({ group }: { group: Group }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const names = useNames()
  const denies = group.change === 'allow-to-deny'
  const ids = (list: readonly string[]) => (list.length === 0 ? policyTexts.noPolicies : list.join(', '))
  return (
    <details className="group">
      <summary className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 hover:bg-hover">
        <ChevronIcon className="text-faint group-open:rotate-90" />
        <Badge tone={denies ? 'bad' : 'good'} icon={denies ? <StopIcon /> : <CheckIcon />}>
          {policyTexts.changes[group.change]}
        </Badge>
        <span className="min-w-0 grow font-mono text-[12.5px] break-all">{group.action}</span>
        <span>{group.count}</span>
      </summary>
      <div className="space-y-3 border-t border-line bg-sunken px-4 py-3 text-[13px]">
        <dl className="grid gap-x-4 gap-y-0.5 sm:grid-cols-[8rem_minmax(0,1fr)]">
          <dt className="text-muted">{policyTexts.before}</dt>
          <dd className="font-mono text-[12.5px] break-all">{ids(group.before)}</dd>
          <dt className="text-muted">{policyTexts.after}</dt>
          <dd className="font-mono text-[12.5px] break-all">{ids(group.after)}</dd>
        </dl>
        <p className="text-muted">{policyTexts.examples}</p>
        <ul className="space-y-0.5">
          {group.examples.map(({ id, at, principal, resource }) => (
            <li key={id} className="break-words">
              {names.get(principal.id) ?? principal.id}
              {resource !== null && (
                <span className="font-mono text-[12px] break-all">
                  {' '}
                  {resource.type}/{resource.id}
                </span>
              )}
              , <Moment at={at} className="text-muted" />
            </li>
          ))}
        </ul>
        {me.permissions.includes('access:decisions:read') && (
          <Link
            to="/decisions"
            search={{ action: group.action, decision: denies ? 'allow' : 'deny' }}
            className="text-link underline-offset-2 hover:underline"
          >
            {policyTexts.openLog}
          </Link>
        )}
      </div>
    </details>
  )
}
