import type { EnrolledFactor, Factors } from '@custodia/wire/http/factors.ts'
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { OwnActivity } from '../activity/own-activity.tsx'
import { problemOf } from '../api/problem.ts'
import { factorsQuery, meQuery } from '../api/queries.ts'
import type { Enrolled } from '../factors/enrol-desk.ts'
import { CodesNote, RecoveryCodes } from '../factors/recovery-codes.tsx'
import type { NextStep } from '../factors/ways.ts'
import { isCloned, nextStep } from '../factors/ways.ts'
import { hasPasskeys } from '../factors/webauthn.ts'
import { Button } from '../parts/button.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Empty, Page, Section, Waiting } from '../parts/page.tsx'
import { phoneTexts } from '../texts-of-phones.ts'
import { securityTexts } from '../texts-of-security.ts'
import type { Adding } from './add-factor.tsx'
import { AddFactor } from './add-factor.tsx'
import { FactorList } from './factor-list.tsx'

/** How safe is my account, and what would do most for it? Then what protects it, and what can be done to that. */
export function SecurityPage() {
  const factors = useQuery(factorsQuery)
  const queryClient = useQueryClient()
  const [adding, add] = useState<Adding | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const [codes, showCodes] = useState<readonly string[]>([])
  const added = async (what: string, enrolled: Enrolled) => {
    await queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey })
    add(null)
    setDone(what)
    showCodes(enrolled.codes)
  }
  if (codes.length > 0) return <CodesPage codes={codes} onDone={() => showCodes([])} />
  const step = factors.data && nextStep(factors.data)
  return (
    <Page
      title={securityTexts.security.title}
      answer={step && securityTexts.security.answers[step]}
      note={
        step && (
          <>
            {securityTexts.security.steps[step]}
            {factors.data?.enrolBefore != null && (
              <>
                {' '}
                {securityTexts.security.before} <Moment at={factors.data.enrolBefore} />.
              </>
            )}
          </>
        )
      }
      actions={step && <StepButton step={step} onAdd={add} />}
    >
      {done !== null && <Notice kind="good" title={done} />}
      {factors.data?.items.filter(isCloned).map((factor) => (
        <CloneAlert key={factor.id} factor={factor} />
      ))}
      <Section title={securityTexts.security.lists}>
        {factors.isPending && <Waiting rows={2} />}
        {factors.error !== null && (
          <ProblemNotice problem={problemOf(factors.error)} retry={() => void factors.refetch()} />
        )}
        {factors.data !== undefined && <Enrolments factors={factors.data} onAdd={add} onRemoved={setDone} />}
      </Section>
      <OwnActivity />
      <Elsewhere />
      {adding !== null && <AddFactor adding={adding} onClose={() => add(null)} onAdded={added} />}
    </Page>
  )
}

function CodesPage({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <Page title={securityTexts.security.title} answer={securityTexts.codes.title}>
      <div className="max-w-md">
        <CodesNote />
      </div>
      <RecoveryCodes codes={codes} onDone={onDone} />
    </Page>
  )
}

/** What would do most, as the one button that stands out. */
function StepButton({ step, onAdd }: { step: NextStep; onAdd: (adding: Adding) => void }) {
  if (step === 'safe') return null
  if (step === 'codes')
    return (
      <Button look="primary" onClick={() => onAdd('codes')}>
        {securityTexts.security.makeCodes}
      </Button>
    )
  return hasPasskeys() ? (
    <Button look="primary" onClick={() => onAdd('passkey')}>
      {securityTexts.security.addPasskey}
    </Button>
  ) : (
    <Button look="primary" onClick={() => onAdd('app')}>
      {securityTexts.security.addApp}
    </Button>
  )
}

function CloneAlert({ factor }: { factor: EnrolledFactor }) {
  return (
    <Notice kind="bad" title={securityTexts.security.cloneTitle(factor.name)}>
      {securityTexts.security.cloneHelp}
    </Notice>
  )
}

function Enrolments(props: { factors: Factors; onAdd: (adding: Adding) => void; onRemoved: (what: string) => void }) {
  const { items, enrolable } = props.factors
  const hasCodes = items.some(({ factor }) => factor === 'recovery-code')
  return (
    <>
      {items.length === 0 ? (
        <Empty title={securityTexts.security.none}>{securityTexts.security.noneHelp}</Empty>
      ) : (
        <FactorList items={items} onRemoved={props.onRemoved} />
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        {enrolable.includes('passkey') && hasPasskeys() && (
          <Button onClick={() => props.onAdd('passkey')}>{securityTexts.security.addPasskey}</Button>
        )}
        {enrolable.includes('totp') && (
          <Button onClick={() => props.onAdd('app')}>{securityTexts.security.addApp}</Button>
        )}
        {enrolable.includes('sms-code') && <Button onClick={() => props.onAdd('phone')}>{phoneTexts.add}</Button>}
        {enrolable.includes('recovery-code') && (
          <Button onClick={() => props.onAdd('codes')}>
            {hasCodes ? securityTexts.security.newCodes : securityTexts.security.makeCodes}
          </Button>
        )}
      </div>
    </>
  )
}

function Elsewhere() {
  const { data: me } = useSuspenseQuery(meQuery)
  const link = 'font-medium text-link underline-offset-2 hover:underline'
  return (
    <Section title={securityTexts.security.elsewhere}>
      <ul className="space-y-2">
        <li>
          <Link to="/account/sessions" className={link}>
            {securityTexts.security.sessions}
          </Link>
        </li>
        <li>
          <Link to="/account/password" className={link}>
            {securityTexts.security.password}
          </Link>
        </li>
        {me.permissions.includes('ledger:read') && (
          <li>
            <Link to="/ledger" search={{ subject: me.user.id }} className={link}>
              {securityTexts.security.activity}
            </Link>
          </li>
        )}
      </ul>
    </Section>
  )
}
