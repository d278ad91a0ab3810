import type { FormEvent } from 'react'
import { useEffect, useRef } from 'react'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { CodeField, codeOf, selectCode } from './code-field.tsx'
import type { ProofProps } from './prove.tsx'
import { useProof } from './use-proof.ts'

/** A code that somebody has at hand: from an authenticator app, or one of their recovery codes. */
export function CodeProof<Reply>({ way, desk, onProven, onOver }: ProofProps<Reply>) {
  const form = useRef<HTMLFormElement>(null)
  const app = way.factor === 'totp'
  const wrongText = app ? texts.factors.wrongCode : texts.factors.wrongRecovery
  const { prove, busy, wrong, problem, waiting } = useProof({ desk, wrongText, onProven, onOver })
  useEffect(() => {
    if (wrong !== null) selectCode(form.current)
  }, [wrong])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = codeOf(event.currentTarget)
    prove(async () => ({ factor: app ? 'totp' : 'recovery-code', code }))
  }
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      <CodeField
        factor={way.factor}
        label={app ? texts.factors.totp : texts.factors.recovery}
        hint={app ? texts.factors.totpHint : texts.factors.recoveryHint(way.hint)}
        error={wrong}
      />
      <Button type="submit" look="primary" className="w-full" busy={busy} disabled={waiting}>
        {texts.factors.verify}
      </Button>
      {problem !== null && <ProblemNotice problem={problem} />}
    </form>
  )
}
