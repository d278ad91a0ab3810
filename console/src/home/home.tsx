import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { applicationsQuery, meQuery, recentQuery, sessionsQuery } from '../api/queries.ts'
import { buttonClass } from '../parts/button.tsx'
import { ArrowOutIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { texts } from '../texts.ts'
import { factorWords } from './factors.ts'
import { NextStep } from './next-step.tsx'

/** Looking is recorded too; it would crowd out everything else here. */
const lookUps = ['audit.ledger.searched', 'audit.entry.proven']

/** Is my account safe? Then where I may go, and what happened lately. */
export function Home() {
  const { data: me } = useSuspenseQuery(meQuery)
  const sessions = useQuery(sessionsQuery)
  const places = sessions.data?.items.length
  return (
    <Page
      title={texts.home.title}
      answer={
        sessions.error !== null
          ? texts.home.unknown
          : places && (places > 1 ? texts.home.several(places) : texts.home.alone)
      }
      actions={
        <Link to="/account/sessions" className={buttonClass({ look: places && places > 1 ? 'primary' : 'secondary' })}>
          {texts.home.review}
        </Link>
      }
    >
      <dl
        aria-label={texts.home.facts}
        className="-mt-1 grid gap-px overflow-hidden rounded-lg border border-line bg-line grid-cols-2 lg:grid-cols-4"
      >
        <Fact name={texts.home.factSessions}>{places ?? '–'}</Fact>
        <Fact name={texts.home.factFactors}>{factorWords(me.session.factors)}</Fact>
        <Fact name={texts.home.factLastSignIn}>
          {me.user.lastSignInAt === null ? texts.common.never : <Moment at={me.user.lastSignInAt} />}
        </Fact>
        <Fact name={texts.home.factExpires}>
          <Moment at={me.session.expiresAt} />
        </Fact>
      </dl>
      <NextStep />
      <Applications mayConfigure={me.permissions.includes('identity:users:write')} />
      {me.permissions.includes('ledger:read') && <Activity />}
    </Page>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="bg-canvas px-4 py-3">
      <dt className="text-[13px] text-muted">{name}</dt>
      <dd className="mt-0.5 min-h-6 text-base/6 font-medium">{children}</dd>
    </div>
  )
}

function Applications({ mayConfigure }: { mayConfigure: boolean }) {
  const applications = useQuery(applicationsQuery)
  const items = applications.data?.items
  return (
    <Section title={texts.home.applications}>
      {applications.isPending && <Waiting rows={1} />}
      {applications.error !== null && (
        <ProblemNotice problem={problemOf(applications.error)} retry={() => void applications.refetch()} />
      )}
      {items?.length === 0 && (
        <Empty title={texts.home.noApplications}>
          {mayConfigure ? texts.home.noApplicationsAdmin : texts.home.noApplicationsHelp}
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {items.map(({ name, title, url }) => (
            <li key={name}>
              <a
                href={url}
                className="group flex items-center gap-3.5 rounded-lg border border-line p-4 shadow-control transition-colors hover:border-edge hover:bg-hover"
              >
                <span
                  aria-hidden="true"
                  className="flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-base font-semibold text-link uppercase"
                >
                  {[...title][0]}
                </span>
                <span className="min-w-0 grow">
                  <span className="block truncate font-medium">{title}</span>
                  <span className="block truncate text-[13px] text-muted">{hostOf(url)}</span>
                </span>
                <ArrowOutIcon className="text-faint group-hover:text-ink" />
              </a>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)

function Activity() {
  const recent = useQuery(recentQuery)
  const items = recent.data?.items.filter((entry) => !lookUps.includes(entry.type)).slice(0, 6)
  return (
    <Section
      title={texts.home.activity}
      aside={
        <Link to="/ledger" className="text-[13px] font-medium text-link underline-offset-2 hover:underline">
          {texts.home.allActivity}
        </Link>
      }
    >
      {recent.isPending && <Waiting rows={4} />}
      {recent.error !== null && <ProblemNotice problem={problemOf(recent.error)} retry={() => void recent.refetch()} />}
      {items?.length === 0 && <Empty title={texts.home.noActivity}>{texts.home.noActivityHelp}</Empty>}
      {items !== undefined && items.length > 0 && (
        <>
          <ul className="divide-y divide-line rounded-lg border border-line">
            {items.map((entry) => (
              <li key={entry.id} className="flex items-baseline gap-4 px-4 py-2.5">
                <span className="min-w-0 grow truncate">{entry.summary}</span>
                <Link
                  to="/ledger"
                  search={{ type: entry.type, open: entry.id }}
                  className="hidden truncate font-mono text-[12.5px] text-muted underline-offset-2 hover:text-ink hover:underline sm:block"
                >
                  {entry.type}
                </Link>
                <Moment at={entry.at} className="w-28 shrink-0 text-right text-[13px] text-muted" />
              </li>
            ))}
          </ul>
          <p className="mt-2 text-[13px] text-muted">{texts.home.activityNote}</p>
        </>
      )}
    </Section>
  )
}
