import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { meQuery, signInPolicyQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select, TextArea, Tick } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Page, Section, Waiting } from '../parts/page.tsx'
import { securityTexts } from '../texts-of-security.ts'
import { DemandChoice } from './demand-choice.tsx'
import { meaning, readAaguids } from './meaning.ts'
import { RoleDemands } from './role-demands.tsx'

/** What must people prove to sign in? Says what a change means before it is saved. */
export function SignInPolicyPage() {
  const policy = useQuery(signInPolicyQuery)
  return (
    <Page
      title={securityTexts.policy.title}
      answer={policy.data && securityTexts.policy.answers[policy.data.secondFactor]}
      note={securityTexts.policy.note}
    >
      {policy.isPending && <Waiting rows={4} />}
      {policy.error !== null && <ProblemNotice problem={problemOf(policy.error)} retry={() => void policy.refetch()} />}
      {policy.data !== undefined && <PolicyForm saved={policy.data} />}
    </Page>
  )
}

function PolicyForm({ saved }: { saved: SignInPolicy }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const queryClient = useQueryClient()
  const [policy, setPolicy] = useState(saved)
  const [models, setModels] = useState(saved.authenticators.join('\n'))
  const save = useMutation({
    mutationFn: (body: SignInPolicy) => request<SignInPolicy | null>('PUT', '/v1/policies/sign-in', body),
    onSuccess: (_, body) => queryClient.setQueryData(signInPolicyQuery.queryKey, body),
  })
  const change = (part: Partial<SignInPolicy>) => {
    save.reset()
    setPolicy((now) => ({ ...now, ...part }))
  }
  const { aaguids, wrong } = readAaguids(models)
  const wanted: SignInPolicy = { ...policy, authenticators: [...aaguids] }
  const changed = JSON.stringify(wanted) !== JSON.stringify(saved)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (wrong === null) save.mutate(wanted)
  }
  const disabled = !me.permissions.includes('identity:policy:write') || save.isPending
  const problem = save.error === null ? null : problemOf(save.error)
  return (
    <form onSubmit={submit} className="max-w-xl space-y-10">
      <div className="space-y-6">
        <DemandChoice
          value={policy.secondFactor}
          onChange={(secondFactor) => change({ secondFactor })}
          disabled={disabled}
        />
        <Field
          label={securityTexts.policy.grace}
          hint={securityTexts.policy.graceHint}
          type="number"
          inputMode="numeric"
          min={0}
          max={90}
          step={1}
          required
          disabled={disabled}
          value={Number.isNaN(policy.graceDays) ? '' : policy.graceDays}
          onChange={(event) => change({ graceDays: event.target.valueAsNumber })}
          error={fieldError(problem, 'graceDays')}
        />
        <RoleDemands value={policy.roles} onChange={(roles) => change({ roles })} disabled={disabled} />
      </div>
      <Section title={securityTexts.policy.codes}>
        <div className="space-y-3">
          <Tick
            label={securityTexts.policy.mailCodes}
            help={securityTexts.policy.mailCodesHelp}
            checked={policy.mailCodes}
            disabled={disabled}
            onChange={(event) => change({ mailCodes: event.target.checked })}
          />
          <Tick
            label={securityTexts.policy.smsCodes}
            help={securityTexts.policy.smsCodesHelp}
            checked={policy.smsCodes}
            disabled={disabled}
            onChange={(event) => change({ smsCodes: event.target.checked })}
          />
        </div>
      </Section>
      <Section title={securityTexts.policy.authenticators}>
        <div className="space-y-4">
          <Select
            label={securityTexts.policy.attestation}
            value={policy.attestation}
            disabled={disabled}
            onChange={(event) => change({ attestation: event.target.value as SignInPolicy['attestation'] })}
          >
            {(['none', 'indirect', 'enterprise'] as const).map((kind) => (
              <option key={kind} value={kind}>
                {securityTexts.policy.attestations[kind]}
              </option>
            ))}
          </Select>
          <TextArea
            label={securityTexts.policy.aaguids}
            hint={securityTexts.policy.aaguidsHint}
            rows={3}
            spellCheck={false}
            disabled={disabled}
            value={models}
            onChange={(event) => {
              save.reset()
              setModels(event.target.value)
            }}
            error={wrong === null ? fieldError(problem, 'authenticators') : securityTexts.policy.aaguidWrong(wrong)}
          />
        </div>
      </Section>
      <Section title={securityTexts.policy.freshTitle}>
        <Field
          label={securityTexts.policy.fresh}
          hint={securityTexts.policy.freshHint}
          type="number"
          inputMode="numeric"
          min={1}
          max={1440}
          step={1}
          disabled={disabled}
          value={policy.freshSeconds === null ? '' : policy.freshSeconds / 60}
          onChange={({ target }) => change({ freshSeconds: target.value === '' ? null : target.valueAsNumber * 60 })}
          error={fieldError(problem, 'freshSeconds')}
        />
      </Section>
      <div className="space-y-4">
        {changed && (
          <Notice kind="info" title={securityTexts.policy.meansTitle}>
            <ul className="list-disc space-y-1 pl-4">
              {meaning(saved, wanted).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </Notice>
        )}
        {save.isSuccess && !changed && <Notice kind="good" title={securityTexts.policy.saved} />}
        {problem !== null && <ProblemNotice problem={problem} />}
        <Button type="submit" look="primary" busy={save.isPending} disabled={disabled || !changed || wrong !== null}>
          {securityTexts.policy.save}
        </Button>
      </div>
    </form>
  )
}
