import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useEffect, useRef } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { waitingTime } from '../parts/time.ts'
import { useCountdown } from '../parts/use-countdown.ts'
import { texts } from '../texts.ts'
import { CodeField, codeOf, selectCode } from './code-field.tsx'
import type { ProofProps } from './prove.tsx'
import { useProof } from './use-proof.ts'

/** How long before another code may be asked for: mail is slow, and a second code makes the first one worthless. */
const resendSeconds = 30

/** A code that travels, by mail or as a text message. It is sent when somebody asks for it, not by itself. */
export function SentCodeProof<Reply>(props: ProofProps<Reply>) {
  const { way, desk, onOver } = props
  const [seconds, waitFor] = useCountdown()
  const factor = way.factor === 'sms-code' ? 'sms-code' : 'mail-code'
  const send = useMutation({
    mutationFn: () => desk.challenge(factor),
    onSuccess: () => waitFor(resendSeconds),
    onError: (error) => {
      const { code, retryAfterSeconds } = problemOf(error)
      if (code === 'IDENTITY_ATTEMPT_OVER') onOver?.()
      if (retryAfterSeconds !== null) waitFor(retryAfterSeconds)
    },
  })
  const sentTo = useRef<string | null | undefined>(undefined)
  if (send.data !== undefined) sentTo.current = send.data.sentTo
  const trouble = send.error !== null && <ProblemNotice problem={problemOf(send.error)} />
  if (sentTo.current === undefined) {
    return (
      <div className="space-y-4">
        <p className="text-muted">{texts.factors.sendTo(way.hint)}</p>
        <Button
          look="primary"
          className="w-full"
          autoFocus
          busy={send.isPending}
          disabled={seconds > 0}
          onClick={() => send.mutate()}
        >
          {texts.factors.send[factor]}
        </Button>
        {trouble}
      </div>
    )
  }
  return (
    <div className="space-y-3">
      <CodeForm {...props} factor={factor} sentTo={sentTo.current} />
      <Button look="quiet" busy={send.isPending} disabled={seconds > 0} onClick={() => send.mutate()}>
        {seconds > 0 ? texts.factors.sendAgainIn(waitingTime(seconds)) : texts.factors.sendAgain}
      </Button>
      {trouble}
    </div>
  )
}

function CodeForm<Reply>({
  desk,
  onProven,
  onOver,
  factor,
  sentTo,
}: ProofProps<Reply> & { factor: 'mail-code' | 'sms-code'; sentTo: string | null }) {
  const form = useRef<HTMLFormElement>(null)
  const proof = useProof({ desk, wrongText: texts.factors.wrongCode, onProven, onOver })
  const { prove, busy, wrong, problem, waiting } = proof
  useEffect(() => {
    if (wrong !== null) selectCode(form.current)
  }, [wrong])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = codeOf(event.currentTarget)
    prove(async () => ({ factor, code }))
  }
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      <CodeField
        factor={factor}
        label={texts.factors.travelled}
        hint={texts.factors.travelledHint(sentTo)}
        error={wrong}
      />
      <Button type="submit" look="primary" className="w-full" busy={busy} disabled={waiting}>
        {texts.factors.verify}
      </Button>
      {problem !== null && <ProblemNotice problem={problem} />}
    </form>
  )
}
