import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { freshnessQuery } from '../api/queries.ts'
import { freshDesk } from '../factors/desk.ts'
import { Prove } from '../factors/prove.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/page.tsx'

/**
 * Proves anew that it is still the person whose session this is.
 *
 * @param weak shown where a password is all that there is to prove.
 */
export function ConfirmForm(props: { email: string; onConfirmed: () => Promise<void> | void; weak?: ReactNode }) {
  const fresh = useQuery(freshnessQuery)
  if (fresh.error !== null) return <ProblemNotice problem={problemOf(fresh.error)} retry={() => void fresh.refetch()} />
  if (fresh.data === undefined) return <Waiting rows={1} />
  const { ways } = fresh.data
  return (
    <>
      <Prove ways={ways} desk={freshDesk} email={props.email} onProven={props.onConfirmed} />
      {props.weak !== undefined && ways.every(({ factor }) => factor === 'password') && (
        <p className="mt-6">{props.weak}</p>
      )}
    </>
  )
}
