import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { problemOf } from '../api/problem.ts'
import { attemptQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { signInDesk } from '../factors/desk.ts'
import { Prove } from '../factors/prove.tsx'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { Gate } from './gate.tsx'
import { useArrival } from './use-arrival.ts'

const route = getRouteApi('/sign-in')

// Drawing a QR code is for the few who must enrol at the door.
const EnrolStep = lazy(async () => ({ default: (await import('./enrol-step.tsx')).EnrolStep }))

/** What a sign-in under way still needs. Whether it still is under way, the server says. */
export function FactorStep() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const arrive = useArrival()
  const attempt = useQuery(attemptQuery)
  const toForm = () => navigate({ search: ({ step: _, ...rest }) => rest, replace: true })
  const giveUp = useMutation({
    mutationFn: () => request('DELETE', '/v1/sign-in'),
    // Whatever the answer: the form begins another.
    onSettled: toForm,
  })
  const problem = attempt.error === null ? null : problemOf(attempt.error)
  if (problem?.code === 'IDENTITY_ATTEMPT_OVER') return <Over onBegin={toForm} />
  if (problem !== null) {
    return (
      <Gate page={texts.step.title} heading={texts.step.heading}>
        <ProblemNotice problem={problem} retry={() => void attempt.refetch()} />
      </Gate>
    )
  }
  if (attempt.data === undefined) return <Gate page={texts.step.title} heading={texts.common.loading} />
  const { proven, ways, mustEnrol, enrolable } = attempt.data
  // Asking again finds that it is over, and the page says so.
  const onOver = () => void attempt.refetch()
  const { enrolHeading, enrolNote, heading, note } = texts.step
  return (
    <Gate page={texts.step.title} heading={mustEnrol ? enrolHeading : heading} note={mustEnrol ? enrolNote : note}>
      {mustEnrol ? (
        <Suspense>
          <EnrolStep enrolable={enrolable} onDone={(progress) => arrive(progress, search)} onOver={onOver} />
        </Suspense>
      ) : (
        <Prove
          key={proven.join()}
          ways={ways}
          desk={signInDesk}
          email={null}
          onProven={(progress) => arrive(progress, search)}
          onOver={onOver}
        />
      )}
      <Button look="quiet" className="mt-4 -ml-3.5" busy={giveUp.isPending} onClick={() => giveUp.mutate()}>
        {texts.step.beginAgain}
      </Button>
    </Gate>
  )
}

function Over({ onBegin }: { onBegin: () => void }) {
  return (
    <Gate page={texts.step.title} heading={texts.step.overTitle} note={texts.step.overNote}>
      <Button look="primary" className="w-full" onClick={onBegin}>
        {texts.step.beginAgain}
      </Button>
    </Gate>
  )
}
