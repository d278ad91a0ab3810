import type { LimitPolicy } from '@custodia/wire/http/limits.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { told } from '../access/told.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { limitTexts } from '../texts-of-limits.ts'
import { allLimits, policiesQuery } from './queries.ts'
import { SetPolicy } from './set-policy.tsx'

const texts = limitTexts.policies

/** How often what may be done. */
export function PolicySection({ mayWrite, mayAll }: { mayWrite: boolean; mayAll: boolean }) {
  const policies = useQuery(policiesQuery)
  const [adding, add] = useState(false)
  const [removing, remove] = useState<LimitPolicy | null>(null)
  const items = policies.data?.items
  const isOurs = ({ scope }: LimitPolicy) => scope === 'organisation' || (mayAll && scope === 'installation')
  return (
    <Section
      title={texts.title}
      aside={
        mayWrite && (
          <Button size="small" onClick={() => add(true)}>
            {texts.add}
          </Button>
        )
      }
    >
      {policies.isPending && <Waiting rows={3} />}
      {policies.error !== null && (
        <ProblemNotice problem={problemOf(policies.error)} retry={() => void policies.refetch()} />
      )}
      {items !== undefined && (
        <ul aria-label={texts.title} className="divide-y divide-line rounded-lg border border-line">
          {items.map((policy) => (
            <li
              key={`${policy.scope} ${policy.application ?? ''} ${policy.name}`}
              className="flex flex-wrap items-start justify-between gap-3 px-4 py-3"
            >
              <PolicyLine policy={policy} />
              {mayWrite && isOurs(policy) && (
                <Button
                  size="small"
                  look="grave"
                  aria-label={texts.removeLabel(policy.name)}
                  onClick={() => remove(policy)}
                >
                  {texts.remove}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {adding && <SetPolicy mayAll={mayAll} onClose={() => add(false)} />}
      {removing !== null && <Remove policy={removing} onClose={() => remove(null)} />}
    </Section>
  )
}

function PolicyLine({ policy }: { policy: LimitPolicy }) {
  const only = [...(policy.classes ?? []), ...(policy.methods ?? []), policy.path, policy.application]
  return (
    <div className="min-w-0 grow basis-64">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium break-words">{policy.name}</span>
        {policy.dryRun && <Badge tone="accent">{texts.dryRun}</Badge>}
        {policy.exceeded === 'challenge' && <Badge tone="accent">{texts.challenges}</Badge>}
        <span className="text-[13px] text-muted">{limitTexts.scopes[policy.scope]}</span>
      </p>
      <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
        <span>{limitTexts.by[policy.by]}</span>
        <span>{texts.figures(policy.burst, policy.perSeconds)}</span>
        <span className="font-mono break-all">{only.filter((one) => one !== null).join(' ')}</span>
      </p>
    </div>
  )
}

function Remove({ policy, onClose }: { policy: LimitPolicy; onClose: () => void }) {
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request('DELETE', `/v1/limits/policies/${encodeURIComponent(policy.name)}?scope=${policy.scope}`),
    onSuccess: async () => {
      onClose()
      await queryClient.invalidateQueries(allLimits)
    },
  })
  return (
    <Confirm
      onClose={onClose}
      title={texts.removeTitle(policy.name)}
      verb={texts.remove}
      act={{ isPending: remove.isPending, error: told(remove.error), mutate: () => remove.mutate() }}
    >
      {texts.removeWhat}
    </Confirm>
  )
}
