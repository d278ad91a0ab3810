import type { WholePolicyVersion } from '@custodia/wire/http/policies.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { meQuery } from '../api/queries.ts'
import { Button, buttonClass } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page, Section } from '../parts/page.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { DiffView } from './diff.tsx'
import { Findings } from './findings.tsx'
import { GoLive } from './go-live.tsx'
import { faultyLines } from './lines.ts'
import { testedQuery } from './queries.ts'
import { ShadowReport } from './shadow-report.tsx'
import { Steps } from './steps.tsx'
import type { TextEditorHandle } from './text-editor.tsx'
import { TextEditor } from './text-editor.tsx'
import { StateBadge, Written } from './version-list.tsx'

const none: ReadonlySet<number> = new Set()

/** Where does this version stand, and what would it change? @param live the version that is live; 0 for none. */
export function VersionPage({ version, live }: { version: WholePolicyVersion; live: number }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const { data: tested, dataUpdatedAt } = useQuery(testedQuery(version.number))
  const editor = useRef<TextEditorHandle>(null)
  const [asking, ask] = useState(false)
  const [done, setDone] = useState<string | null>(null)
  const mayWrite = me.permissions.includes('access:policies:write')
  const { number, state, shadow } = version
  return (
    <Page
      title={policyTexts.version(number)}
      answer={policyTexts.next[state]}
      note={
        <>
          <span className="flex flex-wrap items-center gap-2">
            <StateBadge state={state} />
            <span className="break-words">{version.reason}</span>
          </span>
          <Written version={version} />
        </>
      }
      actions={
        <>
          <Link to="/policies" className={buttonClass({ look: 'quiet' })}>
            {policyTexts.all}
          </Link>
          {mayWrite && (
            <Link to="/policies" search={{ edit: String(number) }} className={buttonClass()}>
              {policyTexts.edit}
            </Link>
          )}
        </>
      }
    >
      <div className="space-y-4 empty:hidden">
        {done !== null && <Notice kind="good" title={done} />}
        {mayWrite && <Steps version={version} />}
        {state === 'shadowed' && me.permissions.includes('access:policies:activate') && (
          <Button look="primary" onClick={() => ask(true)}>
            {policyTexts.activate}
          </Button>
        )}
      </div>
      {tested !== undefined && (
        <Section title={policyTexts.findings}>
          {/* Said anew after each test, also where it says the same. */}
          <Findings key={dataUpdatedAt} tested={tested} onLine={(line) => editor.current?.goTo(line)} />
        </Section>
      )}
      {shadow !== null && state === 'shadowed' && (
        <Section title={policyTexts.shadow}>
          <ShadowReport report={shadow} live={live} />
        </Section>
      )}
      {number !== live && (
        <Section title={policyTexts.diff(live)}>
          <DiffView from={live} to={number} />
        </Section>
      )}
      <TextEditor ref={editor} text={version.text} faulty={tested === undefined ? none : faultyLines(tested)} />
      {asking && <GoLive version={version} live={live} onClose={() => ask(false)} onDone={setDone} />}
    </Page>
  )
}
