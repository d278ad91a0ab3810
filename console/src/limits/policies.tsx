import type { LimitPolicy } from '@custodia/wire/http/limits.ts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDelete } from '../parts/confirm-delete.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
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
      {removing !== null && (
        <ConfirmDelete
          path={`/v1/limits/policies/${encodeURIComponent(removing.name)}?scope=${removing.scope}`}
          changed={allLimits.queryKey}
          title={texts.removeTitle(removing.name)}
          verb={texts.remove}
          onClose={() => remove(null)}
        >
          {texts.removeWhat}
        </ConfirmDelete>
      )}
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
