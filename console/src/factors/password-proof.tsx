import type { FormEvent } from 'react'
import { useEffect, useRef } from 'react'
import { Button } from '../parts/button.tsx'
import { PasswordField } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import type { ProofProps } from './prove.tsx'
import { useProof } from './use-proof.ts'

/** The password once more. */
export function PasswordProof<Reply>({ desk, onProven, onOver, email }: ProofProps<Reply>) {
  const form = useRef<HTMLFormElement>(null)
  const proof = useProof({ desk, wrongText: texts.factors.wrongPassword, onProven, onOver })
  const { prove, busy, wrong, problem, waiting } = proof
  useEffect(() => {
    const field = wrong === null ? null : form.current?.elements.namedItem('password')
    if (field instanceof HTMLInputElement) field.select()
  }, [wrong])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password'))
    prove(async () => ({ factor: 'password', password }))
  }
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      {/* Tells a password manager whose password this is. */}
      {email !== null && <input type="email" autoComplete="username" value={email} readOnly hidden />}
      <PasswordField
        label={texts.form.password}
        name="password"
        autoComplete="current-password"
        required
        autoFocus
        error={wrong}
      />
      <Button type="submit" look="primary" className="w-full" busy={busy} disabled={waiting}>
        {texts.factors.verify}
      </Button>
      {problem !== null && <ProblemNotice problem={problem} />}
    </form>
  )
}
