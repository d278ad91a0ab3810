import type { Me, User } from '@custodia/wire/http/identity.ts'
import type { DelegatedRecovery } from '@custodia/wire/http/recovery.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { recoveryTexts } from '../texts-of-recovery.ts'
import { recoveriesQuery, recoveryPath } from './recovery-queries.ts'
import { RecoverySteps } from './recovery-steps.tsx'

/** The recovery of one person: asked for here, and followed. */
export function PersonRecovery({ person, me }: { person: User; me: Me }) {
  const recoveries = useQuery(recoveriesQuery)
  const [asking, ask] = useState(false)
  const underWay = recoveries.data?.items.find(({ userId }) => userId === person.id)
  return (
    <Section title={recoveryTexts.section}>
      <p className="-mt-2 mb-3 text-[13px] text-muted">{recoveryTexts.sectionNote}</p>
      {recoveries.isPending && <Waiting rows={1} />}
      {recoveries.error !== null && (
        <ProblemNotice problem={problemOf(recoveries.error)} retry={() => void recoveries.refetch()} />
      )}
      {underWay !== undefined && <RecoverySteps recovery={underWay} me={me} />}
      {recoveries.data !== undefined && underWay === undefined && (
        <Button onClick={() => ask(true)}>{recoveryTexts.ask}</Button>
      )}
      {asking && <Ask person={person} onClose={() => ask(false)} />}
    </Section>
  )
}

function Ask({ person, onClose }: { person: User; onClose: () => void }) {
  const queryClient = useQueryClient()
  const change = useMutation({
    mutationFn: () => request<DelegatedRecovery>('POST', recoveryPath(person.id)),
    onSuccess: onClose,
    onSettled: () => queryClient.invalidateQueries({ queryKey: recoveriesQuery.queryKey }),
  })
  return (
    <Confirm
      onClose={onClose}
      title={recoveryTexts.askTitle(person.name)}
      verb={recoveryTexts.ask}
      gentle
      act={{ ...change, mutate: () => change.mutate() }}
    >
      <p>{recoveryTexts.askWhat(person.name)}</p>
      <p className="mt-1">{recoveryTexts.askNext}</p>
    </Confirm>
  )
}
