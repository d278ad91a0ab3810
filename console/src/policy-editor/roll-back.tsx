import type { PolicyVersion, PolicyVersions, RollBackPolicies } from '@custodia/wire/http/policies.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Select } from '../parts/field.tsx'
import { policyTexts } from '../texts-of-policies.ts'
import { ChangeWindow } from './change-window.tsx'
import { DiffSummary } from './diff.tsx'
import { forgetVersions, liveOf } from './queries.ts'
import { targetsOf } from './targets.ts'

/** Makes a version live again that was, in one step. */
export function RollBack(props: {
  versions: readonly PolicyVersion[]
  onClose: () => void
  onDone: (words: string) => void
}) {
  const queryClient = useQueryClient()
  // What was asked for stays what it was, also while the list behind the question changes.
  const [live] = useState(() => liveOf(props.versions))
  const [targets] = useState(() => targetsOf(props.versions))
  const [to, setTo] = useState(targets[0] ?? 0)
  const rollBack = useMutation({
    mutationFn: (reason: string) =>
      request<PolicyVersions>('POST', '/v1/policies/roll-back', {
        to,
        instead: live,
        reason,
      } satisfies RollBackPolicies),
    onSuccess: async () => {
      await forgetVersions(queryClient)
      props.onDone(policyTexts.rolledBack(to))
      props.onClose()
    },
  })
  return (
    <ChangeWindow
      title={policyTexts.rollBackTitle}
      verb={policyTexts.rollBackVerb(to)}
      act={rollBack}
      onClose={props.onClose}
    >
      <Select label={policyTexts.rollBackTo} value={to} onChange={(event) => setTo(Number(event.target.value))}>
        {targets.map((target) => (
          <option key={target} value={target}>
            {target === 0 ? policyTexts.rollBackNone : policyTexts.version(target)}
          </option>
        ))}
      </Select>
      <p>{policyTexts.rollBackWhat(live)}</p>
      <DiffSummary from={live} to={to} />
    </ChangeWindow>
  )
}
