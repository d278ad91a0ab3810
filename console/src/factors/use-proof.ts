import type { Proof } from '@custodia/wire/http/factors.ts'
import { useMutation } from '@tanstack/react-query'
import type { Problem } from '../api/problem.ts'
import { problemOf } from '../api/problem.ts'
import { waitingTime } from '../parts/time.ts'
import { useCountdown } from '../parts/use-countdown.ts'
import { texts } from '../texts.ts'
import type { Desk } from './desk.ts'

export type Proving = {
  readonly prove: (make: () => Promise<Proof>) => void
  readonly busy: boolean
  /** What to say at the field; null where nothing is wrong with it. */
  readonly wrong: string | null
  /** What belongs to no field. */
  readonly problem: Problem | null
  /** True while the server asks to wait. */
  readonly waiting: boolean
}

/**
 * Hands one proof in.
 *
 * @param wrongText what to say where it does not hold.
 * @param onOver called where what the proof was for has ended meanwhile.
 */
export function useProof<Reply>(props: {
  desk: Desk<Reply>
  wrongText: string
  onProven: (reply: Reply) => Promise<void> | void
  onOver?: (() => void) | undefined
}): Proving {
  const [seconds, waitFor] = useCountdown()
  const act = useMutation({
    mutationFn: async (make: () => Promise<Proof>) => await props.desk.prove(await make()),
    onSuccess: props.onProven,
    onError: (error) => {
      const { code, retryAfterSeconds } = problemOf(error)
      if (code === 'IDENTITY_ATTEMPT_OVER') props.onOver?.()
      if (retryAfterSeconds !== null) waitFor(retryAfterSeconds)
    },
  })
  const problem = act.error === null ? null : problemOf(act.error)
  const wrong = problem === null ? null : calmly(problem, props.wrongText, seconds)
  return {
    prove: (make) => act.mutate(make),
    busy: act.isPending,
    wrong,
    problem: wrong === null ? problem : null,
    waiting: seconds > 0,
  }
}

/** What goes wrong every day. */
function calmly({ status, code }: Problem, wrongText: string, seconds: number): string | null {
  if (code === 'IDENTITY_FACTOR_WRONG' || code === 'IDENTITY_CREDENTIALS_WRONG') return wrongText
  // A code that is too short or has odd letters is refused by its form.
  if (status === 400 || status === 422) return wrongText
  if (status !== 429) return null
  return seconds > 0 ? texts.signIn.wait(waitingTime(seconds)) : texts.signIn.waitOver
}
