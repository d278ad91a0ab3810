import type { ReactNode } from 'react'
import type { Problem } from '../api/problem.ts'
import { Notice, ProblemNotice } from '../parts/notice.tsx'

/** Whoever closed the window of the browser did nothing wrong. */
export function PasskeyTrouble({ problem }: { problem: Problem }): ReactNode {
  if (problem.code !== 'PASSKEY_NOT_USED') return <ProblemNotice problem={problem} />
  return (
    <Notice kind="info" title={problem.title}>
      {problem.help}
    </Notice>
  )
}
