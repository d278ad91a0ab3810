import type { Me } from '@custodia/wire/http/identity.ts'
import type { RecoveryUnderWay } from '@custodia/wire/http/recovery.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Moment } from '../parts/moment.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { exactTime } from '../parts/time.ts'
import { recoveryTexts } from '../texts-of-recovery.ts'
import { recoveriesQuery, recoveryPath } from './recovery-queries.ts'

type Aim = 'approve' | 'stop'

export const nameOfUser = ({ userName }: RecoveryUnderWay): string => userName ?? recoveryTexts.gone

/** Where a recovery stands, until when, and what this administrator can do about it. */
export function RecoverySteps({ recovery, me }: { recovery: RecoveryUnderWay; me: Me }) {
  const [aim, setAim] = useState<Aim | null>(null)
  const mayWrite = me.permissions.includes('identity:users:write')
  const waits = recovery.approvedBy === null
  const about = recovery.userId === me.user.id
  const mayApprove = mayWrite && waits && !about && recovery.askedBy !== me.user.id
  const name = nameOfUser(recovery)
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0 grow basis-64 space-y-0.5 text-[13px] text-muted">
        <Steps recovery={recovery} />
        {waits && <p>{about ? recoveryTexts.own : mayApprove ? recoveryTexts.needsYou : recoveryTexts.needsAnother}</p>}
      </div>
      <div className="flex flex-wrap gap-2">
        {mayApprove && (
          <Button
            look="primary"
            size="small"
            aria-label={recoveryTexts.approveLabel(name)}
            onClick={() => setAim('approve')}
          >
            {recoveryTexts.approve}
          </Button>
        )}
        {mayWrite && (
          <Button look="grave" size="small" aria-label={recoveryTexts.stopLabel(name)} onClick={() => setAim('stop')}>
            {recoveryTexts.stop}
          </Button>
        )}
      </div>
      {aim !== null && <Question recovery={recovery} aim={aim} onClose={() => setAim(null)} />}
    </div>
  )
}

function Steps({ recovery }: { recovery: RecoveryUnderWay }) {
  const { askedByName, askedAt, approvedBy, approvedByName, readyAt, sentAt, expiresAt } = recovery
  return (
    <>
      <p>
        {recoveryTexts.asked(askedByName ?? recoveryTexts.gone)} <Moment at={askedAt} />
      </p>
      {approvedBy !== null && <p>{recoveryTexts.approved(approvedByName ?? recoveryTexts.gone)}</p>}
      {sentAt !== null ? (
        <p>
          {recoveryTexts.sent} <Moment at={sentAt} />. {recoveryTexts.usable} {exactTime(expiresAt)}.
        </p>
      ) : readyAt !== null ? (
        <p>
          {recoveryTexts.waiting} <Moment at={readyAt} />: {exactTime(readyAt)}.
        </p>
      ) : (
        <p>
          {recoveryTexts.untilApproved} <Moment at={expiresAt} />.
        </p>
      )}
    </>
  )
}

function Question({ recovery, aim, onClose }: { recovery: RecoveryUnderWay; aim: Aim; onClose: () => void }) {
  const queryClient = useQueryClient()
  const change = useMutation({
    mutationFn: () =>
      aim === 'approve'
        ? request('POST', `${recoveryPath(recovery.userId)}/approve`)
        : request('DELETE', recoveryPath(recovery.userId)),
    onSuccess: onClose,
    // Also where it was refused: somebody else may have been quicker.
    onSettled: () => queryClient.invalidateQueries({ queryKey: recoveriesQuery.queryKey }),
  })
  const act = { ...change, mutate: () => change.mutate() }
  const name = nameOfUser(recovery)
  const { approve, approveTitle, approveWhat, approveNext, stopTitle, stopVerb, stopWhat } = recoveryTexts
  return aim === 'approve' ? (
    <Confirm onClose={onClose} title={approveTitle(name)} verb={approve} gentle act={act}>
      <p>{approveWhat(name)}</p>
      <p className="mt-1">{approveNext}</p>
    </Confirm>
  ) : (
    <Confirm onClose={onClose} title={stopTitle(name)} verb={stopVerb} act={act}>
      {stopWhat}
    </Confirm>
  )
}
