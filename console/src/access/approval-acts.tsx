import type { Approval } from '@custodia/wire/http/access.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { told } from './told.ts'

type Aim = 'approve' | 'refuse'
type Props = { approval: Approval; said: string; myId: string }

/** What this administrator can do about something that waits: whoever asked can take it back, and not agree. */
export function ApprovalActs(props: Props) {
  const { approval, said, myId } = props
  const [aim, setAim] = useState<Aim | null>(null)
  const own = approval.askedBy === myId
  const gains = approval.subject === myId
  const { agree, agreeLabel, refuse, refuseLabel, withdraw, withdrawLabel } = accessTexts.approvals
  return (
    <div className="space-y-2">
      <div className="flex flex-wrap gap-2">
        {!own && !gains && (
          <Button size="small" look="primary" aria-label={agreeLabel(said)} onClick={() => setAim('approve')}>
            {agree}
          </Button>
        )}
        <Button
          size="small"
          look="grave"
          aria-label={own ? withdrawLabel(said) : refuseLabel(said)}
          onClick={() => setAim('refuse')}
        >
          {own ? withdraw : refuse}
        </Button>
      </div>
      {(own || gains) && (
        <p className="max-w-56 text-[13px] text-muted">
          {own ? accessTexts.approvals.own : accessTexts.approvals.gains}
        </p>
      )}
      {aim !== null && <Question {...props} aim={aim} own={own} onClose={() => setAim(null)} />}
    </div>
  )
}

/** What an agreement may change: who has what, who is in which group, which role is marked. */
const changedByIt = ['approvals', 'assignments', 'groups', 'roles', 'users']

function Question({ approval, said, aim, own, onClose }: Props & { aim: Aim; own: boolean; onClose: () => void }) {
  const queryClient = useQueryClient()
  const decide = useMutation({
    mutationFn: () => request<Approval>('POST', `/v1/approvals/${encodeURIComponent(approval.id)}/${aim}`),
    onSuccess: onClose,
    // Also where it was refused: somebody else may have been quicker.
    onSettled: () => Promise.all(changedByIt.map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
  })
  const act = { isPending: decide.isPending, error: told(decide.error), mutate: () => decide.mutate() }
  const { agree, agreeTitle, agreeWhat, refuse, refuseTitle, refuseWhat, withdraw, withdrawTitle } =
    accessTexts.approvals
  return aim === 'approve' ? (
    <Confirm onClose={onClose} title={agreeTitle} verb={agree} gentle act={act}>
      <p className="break-words text-ink">{said}.</p>
      <p className="mt-1">{agreeWhat}</p>
    </Confirm>
  ) : (
    <Confirm onClose={onClose} title={own ? withdrawTitle : refuseTitle} verb={own ? withdraw : refuse} act={act}>
      <p className="break-words text-ink">{said}.</p>
      <p className="mt-1">{refuseWhat}</p>
    </Confirm>
  )
}
