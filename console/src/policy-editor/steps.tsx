import type { ShadowReport, TestedPolicies, WholePolicyVersion } from '@custodia/wire/http/policies.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { inputClass } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { forgetVersions, testedQuery } from './queries.ts'

/** Validates and tests a version, and tries it on logged decisions: what leads from a draft to one that can go live. */
export function Steps({ version }: { version: WholePolicyVersion }) {
  const queryClient = useQueryClient()
  const { number, state } = version
  const [days, setDays] = useState('30')
  const test = useMutation({
    mutationFn: () => request<TestedPolicies>('POST', `/v1/policies/${number}/test`),
    onSuccess: async (tested) => {
      queryClient.setQueryData(testedQuery(number).queryKey, tested)
      await forgetVersions(queryClient)
    },
  })
  const shadow = useMutation({
    mutationFn: () => request<ShadowReport>('POST', `/v1/policies/${number}/shadow`, { days: Number(days) }),
    onSuccess: () => forgetVersions(queryClient),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    shadow.mutate()
  }
  const error = test.error ?? shadow.error
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <Button look={state === 'draft' ? 'primary' : 'secondary'} busy={test.isPending} onClick={() => test.mutate()}>
          {policyTexts.test}
        </Button>
        {(state === 'tested' || state === 'shadowed') && (
          <form onSubmit={submit} className="flex flex-wrap items-end gap-2">
            <label className="block w-24">
              <span className="mb-1 block text-[13px] text-muted">{policyTexts.days}</span>
              <input
                type="number"
                inputMode="numeric"
                required
                min={1}
                max={400}
                step={1}
                className={inputClass}
                value={days}
                onChange={(event) => setDays(event.target.value)}
              />
            </label>
            <Button type="submit" look={state === 'tested' ? 'primary' : 'secondary'} busy={shadow.isPending}>
              {policyTexts.try}
            </Button>
          </form>
        )}
      </div>
      <p role="status" className="text-muted empty:hidden">
        {shadow.isPending && policyTexts.trying}
      </p>
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
    </div>
  )
}
