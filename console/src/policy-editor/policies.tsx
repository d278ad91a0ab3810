import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Button, buttonClass } from '../parts/button.tsx'
import { PlusIcon } from '../parts/icons.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { DraftPage } from './draft.tsx'
import { liveOf, versionQuery, versionsQuery } from './queries.ts'
import { RollBack } from './roll-back.tsx'
import { targetsOf } from './targets.ts'
import { VersionPage } from './version.tsx'
import { VersionList } from './version-list.tsx'

const route = getRouteApi('/inside/policies')

/** Which policies of our own decide? What is looked at stands in the address: all versions, one, or a draft from one. */
export function PoliciesPage() {
  const { version, edit } = route.useSearch()
  if (edit !== undefined) return <Draft key={edit} from={numberOf(edit)} />
  if (version !== undefined) return <Version key={version} number={numberOf(version)} />
  return <Versions />
}

/** What is no number is a version that nobody has. */
const numberOf = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : 2_147_483_647)

function Versions() {
  const { data: me } = useSuspenseQuery(meQuery)
  const versions = useQuery(versionsQuery)
  const [asking, ask] = useState(false)
  const [done, setDone] = useState<string | null>(null)
  const items = versions.data
  const live = liveOf(items ?? [])
  const mayActivate = me.permissions.includes('access:policies:activate')
  return (
    <Page
      title={policyTexts.title}
      answer={items && policyTexts.answer(live, items.find(({ number }) => number === live)?.policies ?? 0)}
      note={policyTexts.note}
      actions={
        <>
          {mayActivate && items !== undefined && targetsOf(items).length > 0 && (
            <Button onClick={() => ask(true)}>{policyTexts.rollBack}</Button>
          )}
          {items !== undefined && me.permissions.includes('access:policies:write') && (
            <Link to="/policies" search={{ edit: String(live) }} className={buttonClass({ look: 'primary' })}>
              <PlusIcon />
              {policyTexts.newDraft}
            </Link>
          )}
        </>
      }
    >
      {done !== null && <Notice kind="good" title={done} />}
      <Section title={policyTexts.versions}>
        {versions.isPending && <Waiting rows={4} />}
        {versions.error !== null && (
          <ProblemNotice problem={problemOf(versions.error)} retry={() => void versions.refetch()} />
        )}
        {items?.length === 0 && <Empty title={policyTexts.none}>{policyTexts.noneHelp}</Empty>}
        {items !== undefined && items.length > 0 && <VersionList versions={items} />}
      </Section>
      {asking && items !== undefined && <RollBack versions={items} onClose={() => ask(false)} onDone={setDone} />}
    </Page>
  )
}

function Version({ number }: { number: number }) {
  const versions = useQuery(versionsQuery)
  const version = useQuery(versionQuery(number))
  if (version.data !== undefined && versions.data !== undefined)
    return <VersionPage version={version.data} live={liveOf(versions.data)} />
  const failed = version.error === null ? versions : version
  return (
    <Page title={policyTexts.title}>
      {failed.error === null ? (
        <Waiting rows={4} />
      ) : (
        <ProblemNotice problem={problemOf(failed.error)} retry={() => void failed.refetch()} />
      )}
    </Page>
  )
}

function Draft({ from }: { from: number }) {
  const navigate = route.useNavigate()
  const version = useQuery({ ...versionQuery(from), enabled: from !== 0 })
  const text = from === 0 ? '' : version.data?.text
  if (text === undefined)
    return (
      <Page title={policyTexts.draftTitle}>
        {version.error === null ? (
          <Waiting rows={4} />
        ) : (
          <ProblemNotice problem={problemOf(version.error)} retry={() => void version.refetch()} />
        )}
      </Page>
    )
  return (
    <DraftPage
      from={from}
      text={text}
      onSaved={(number) => void navigate({ search: { version: String(number) } })}
      onDiscard={() => void navigate({ search: from === 0 ? {} : { version: String(from) } })}
    />
  )
}
