import type { WholePolicyVersion } from '@custodia/wire/http/policies.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../api/request.ts'
import { policyTexts } from '../texts-of-policies.ts'
import { ChangeWindow } from './change-window.tsx'
import { DiffSummary } from './diff.tsx'
import { forgetVersions } from './queries.ts'

/** Makes a shadowed version live, after saying what that changes. @param live the version that it replaces; 0 for none. */
export function GoLive(props: {
  version: WholePolicyVersion
  live: number
  onClose: () => void
  onDone: (words: string) => void
}) {
  const queryClient = useQueryClient()
  const { number, shadow } = props.version
  const activate = useMutation({
    mutationFn: (reason: string) => request<WholePolicyVersion>('POST', `/v1/policies/${number}/activate`, { reason }),
    onSuccess: async () => {
      await forgetVersions(queryClient)
      props.onDone(policyTexts.activated(number))
      props.onClose()
    },
  })
  return (
    <ChangeWindow
      title={policyTexts.activateTitle(number)}
      verb={policyTexts.activateVerb(number)}
      act={activate}
      onClose={props.onClose}
    >
      <p>{policyTexts.replaces(props.live)}</p>
      <DiffSummary from={props.live} to={number} />
      {shadow !== null && (
        <p className="text-muted">
          {shadow.toDeny + shadow.toAllow === 0
            ? policyTexts.shadowSame
            : policyTexts.shadowChanges(shadow.toDeny, shadow.toAllow)}
        </p>
      )}
    </ChangeWindow>
  )
}
