import type { Me } from '@custodia/wire/http/identity.ts'
import { useQuery } from '@tanstack/react-query'
import { problemOf } from '../api/problem.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { Section } from '../parts/page.tsx'
import { recoveryTexts } from '../texts-of-recovery.ts'
import { recoveriesQuery } from './recovery-queries.ts'
import { nameOfUser, RecoverySteps } from './recovery-steps.tsx'

/** What waits for a second administrator, or for its time. Takes no place where there is nothing. */
export function Recoveries({ me }: { me: Me }) {
  const recoveries = useQuery(recoveriesQuery)
  const items = recoveries.data?.items ?? []
  if (recoveries.error !== null)
    return <ProblemNotice problem={problemOf(recoveries.error)} retry={() => void recoveries.refetch()} />
  if (items.length === 0) return null
  return (
    <Section title={recoveryTexts.list}>
      <p className="-mt-2 mb-3 text-muted">{recoveryTexts.listNote}</p>
      <ul aria-label={recoveryTexts.list} className="divide-y divide-line rounded-lg border border-line">
        {items.map((recovery) => (
          <li key={recovery.id} className="space-y-1 px-4 py-3">
            <p className="font-medium break-words">{nameOfUser(recovery)}</p>
            <RecoverySteps recovery={recovery} me={me} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
